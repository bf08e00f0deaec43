// The list of partners: a double click on a row, or Enter while it has the focus, opens its window. A
// window that is closed gives the list its address back, and lets it show what was changed.
const list = () => document.getElementById("partners-list");
const link = (row) => row?.querySelector("a[data-opens]");

document.addEventListener("dblclick", (event) => {
  const row = event.target.closest("[data-opens-window]");
  if (!row || event.target.closest("a, button")) return;
  getSelection().removeAllRanges();
  link(row).click();
});
document.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && event.target.matches("[data-opens-window]")) link(event.target).click();
});
document.getElementById("partner-window").addEventListener("close", () => {
  history.pushState(null, "", list().getAttribute("hx-get"));
  htmx.trigger(list(), "closed");
});

// Rows take the focus only where script can do something with it.
function focusable() {
  for (const row of document.querySelectorAll("[data-opens-window]")) row.tabIndex = 0;
}
focusable();
document.addEventListener("htmx:after:swap", focusable);
