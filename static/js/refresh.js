// Lists that poll (data-autorefresh, hx-trigger="every 2s"): not while the tab is hidden, while text in
// them is being selected, or while a dialog or menu of theirs is open.
function isBusy(list) {
  const selection = getSelection();
  const selects = !selection.isCollapsed && list.contains(selection.anchorNode);
  return document.hidden || selects || list.querySelector("dialog[open], details.menu[open]") !== null;
}

function pollOf(event) {
  const { ctx } = event.detail;
  const list = ctx?.sourceElement?.closest?.("[data-autorefresh]");
  return list && ctx.sourceEvent?.type === "every" ? list : null;
}

document.addEventListener("htmx:config:request", (event) => {
  const list = pollOf(event);
  if (list && isBusy(list)) event.preventDefault();
});
document.addEventListener("htmx:error", (event) => pollOf(event)?.classList.add("is-stale"));
document.addEventListener("htmx:response:error", (event) => pollOf(event)?.classList.add("is-stale"));
document.addEventListener("htmx:after:swap", (event) => pollOf(event)?.classList.remove("is-stale"));
document.addEventListener("visibilitychange", () => {
  if (document.hidden) return;
  document.querySelectorAll("[data-autorefresh]").forEach((list) => htmx.trigger(list, "every"));
});
