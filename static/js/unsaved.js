// Warns before a page with typed but unsaved values is left: <form data-guard>.
const changed = new Set();
const guarded = (event) => event.target.closest("form[data-guard]") ?? event.target.form;

document.addEventListener("input", (event) => {
  const form = guarded(event);
  if (form?.matches("[data-guard]")) changed.add(form);
});
document.addEventListener("submit", (event) => {
  if (!event.target.hasAttribute("hx-post")) changed.clear();
});
document.addEventListener("htmx:after:request", (event) => {
  const { response, sourceElement } = event.detail.ctx;
  if (response.status < 400) changed.delete(sourceElement);
});
addEventListener("beforeunload", (event) => {
  if ([...changed].some((form) => form.isConnected)) event.preventDefault();
});
