// Native dialogs: closes one when its form is sent, and opens them where the browser does not know
// command invokers yet.
document.addEventListener("submit", (event) => event.target.closest("dialog[open]")?.close());

if (!("commandForElement" in HTMLButtonElement.prototype)) {
  document.addEventListener("click", (event) => {
    const button = event.target.closest("button[commandfor]");
    if (!button) return;
    const dialog = document.getElementById(button.getAttribute("commandfor"));
    if (button.getAttribute("command") === "close") dialog.close();
    else dialog.showModal();
  });
}
