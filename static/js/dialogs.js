// Native dialogs: closes one when its form is sent (data-stays: stays open), opens one that has just been
// fetched, and opens them where the browser does not know command invokers yet.
document.addEventListener("submit", (event) => event.target.closest("dialog[open]:not([data-stays])")?.close());
document.addEventListener("close", (event) => event.target.removeAttribute("data-modal"), true);

// A link with data-opens shows the dialog of that id once its content is there, with the cursor where to type.
document.addEventListener("htmx:after:swap", (event) => {
  const opens = event.detail?.ctx?.sourceElement?.dataset?.opens;
  if (opens) document.getElementById(opens).showModal();
  document.querySelector("dialog[data-modal]:not([open])")?.showModal();
  document.querySelector("dialog[data-stays][open]:not([data-calm]) input:not([type=hidden])")?.focus();
});

if (!("commandForElement" in HTMLButtonElement.prototype)) {
  document.addEventListener("click", (event) => {
    const button = event.target.closest("button[commandfor]");
    if (!button) return;
    const dialog = document.getElementById(button.getAttribute("commandfor"));
    if (button.getAttribute("command") === "close") dialog.close();
    else dialog.showModal();
  });
}
