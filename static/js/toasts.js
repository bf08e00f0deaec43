// Short messages: those of the page, those of answers (event "toast" of HX-Trigger: tone, text, and for
// undo also url, label, fields, into), and one sentence for each way in which a request can fail.
const STAY_MS = { success: 6000, info: 8000, undo: 20_000 };
const REASONS = { 400: "outdated", 403: "forbidden", 404: "missing", 405: "failed", 413: "failed", 429: "tooMany" };
const area = document.getElementById("toasts");

function expire(note) {
  const stay = STAY_MS[note.dataset.toast];
  if (!stay) return;
  let timer = setTimeout(() => note.remove(), stay);
  note.addEventListener("pointerenter", () => clearTimeout(timer));
  note.addEventListener("focusin", () => clearTimeout(timer));
  note.addEventListener("pointerleave", () => { timer = setTimeout(() => note.remove(), stay); });
}

function copyOf(templateId) {
  return document.getElementById(templateId).content.firstElementChild.cloneNode(true);
}

function undoForm({ url, label, fields = [], into }) {
  const form = copyOf("undo-template");
  form.action = url;
  const button = form.querySelector("button");
  if (label) button.textContent = label;
  for (const [name, value] of fields) {
    const input = document.createElement("input");
    Object.assign(input, { type: "hidden", name, value });
    button.before(input);
  }
  if (into) {
    form.setAttribute("hx-post", url);
    form.setAttribute("hx-target", into);
    form.setAttribute("hx-swap", "outerMorph");
    form.addEventListener("htmx:after:request", () => form.closest("[data-toast]").remove());
  }
  return form;
}

function show(detail) {
  const note = copyOf("toast-template");
  const tone = detail.tone || "info";
  note.className = `toast-note tone-${tone}`;
  note.dataset.toast = tone;
  note.querySelector("p").textContent = detail.text;
  if (tone === "undo") {
    area.querySelectorAll("[data-toast=undo]").forEach((other) => other.remove());
    note.querySelector("p").after(undoForm(detail));
  }
  area.append(note);
  htmx.process(note);
  expire(note);
}

function fail(reason) {
  area.querySelectorAll("[data-toast=error]").forEach((other) => other.remove());
  show({ tone: "error", text: area.dataset[reason] });
}

function isPolling(event) {
  return event.detail.ctx?.sourceEvent?.type === "every";
}

if (area) {
  area.querySelectorAll("[data-toast]").forEach(expire);
  document.addEventListener("toast", (event) => show(event.detail));
  document.addEventListener("click", (event) => event.target.closest("[data-dismiss]")?.closest("[data-toast]").remove());
  document.addEventListener("htmx:error", (event) => isPolling(event) || fail("unreachable"));
  document.addEventListener("htmx:response:error", (event) => {
    const { response, hx } = event.detail.ctx;
    const reason = response.status >= 500 ? "failed" : REASONS[response.status];
    if (reason && !isPolling(event) && !hx.trigger?.includes("toast")) fail(reason);
  });
}
