// Lists that poll (data-autorefresh, hx-trigger="every 2s"): not while the tab is hidden, while text in
// them is being selected, or typed where they say data-still-while-typing, while a row is being dragged, a
// dialog or menu of theirs is open, or something else in them is asking the server. An answer that such a
// thing has overtaken is dropped.
const TYPING = "textarea, select, input:not([type=checkbox], [type=radio], [type=hidden])";
const BUSY = "dialog[open], details.menu[open], .htmx-request, .sortable-chosen";
let changes = 0; // requests other than polls that have begun or ended so far

function isBusy(list) {
  const selection = getSelection();
  const selects = !selection.isCollapsed && list.contains(selection.anchorNode);
  const field = list.hasAttribute("data-still-while-typing") && document.activeElement;
  const types = field && list.contains(field) && field.matches(TYPING);
  return document.hidden || selects || types || list.querySelector(BUSY) !== null;
}

function pollOf(event) {
  const { ctx } = event.detail;
  const list = ctx?.sourceElement?.closest?.("[data-autorefresh]");
  return list && ctx.sourceEvent?.type === "every" ? list : null;
}

function count(event) {
  if (!pollOf(event)) changes += 1;
}

document.addEventListener("htmx:config:request", (event) => {
  const list = pollOf(event);
  if (!list) return;
  event.detail.ctx.changesBefore = changes;
  if (isBusy(list)) event.preventDefault();
});
document.addEventListener("htmx:before:request", count);
document.addEventListener("htmx:finally:request", count);
document.addEventListener("htmx:before:swap", (event) => {
  const list = pollOf(event);
  if (list && (isBusy(list) || event.detail.ctx.changesBefore !== changes)) event.preventDefault();
});
document.addEventListener("htmx:error", (event) => pollOf(event)?.classList.add("is-stale"));
document.addEventListener("htmx:response:error", (event) => pollOf(event)?.classList.add("is-stale"));
document.addEventListener("htmx:after:swap", (event) => pollOf(event)?.classList.remove("is-stale"));
// No news: nothing is swapped.
document.addEventListener("htmx:after:request", (event) => {
  if (event.detail.ctx?.response?.status === 204) pollOf(event)?.classList.remove("is-stale");
});
document.addEventListener("visibilitychange", () => {
  if (document.hidden) return;
  document.querySelectorAll("[data-autorefresh]").forEach((list) => htmx.trigger(list, "every"));
});
