// A field that is being mended stops complaining; the server judges again when the form is sent.
document.addEventListener("input", (event) => {
  const field = event.target.closest(".field.has-error");
  if (!field) return;
  field.classList.remove("has-error");
  field.querySelector(".field-error")?.remove();
  field.querySelector("[aria-invalid]")?.removeAttribute("aria-invalid");
  if (!document.querySelector(".field.has-error")) document.getElementById("form-errors")?.remove();
});
