// Native dialogs: closes one when its form is sent, opens one that has just been fetched, and opens
// them where the browser does not know command invokers yet.
document.addEventListener("submit", (event) => event.target.closest("dialog[open]")?.close());
document.addEventListener("close", (event) => event.target.removeAttribute("data-modal"), true);

document.addEventListener("htmx:after:swap", () => {
  document.querySelector("dialog[data-modal]:not([open])")?.showModal();
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
