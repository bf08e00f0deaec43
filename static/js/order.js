// The order of the provider list: dragging, up / down buttons, Alt with the arrow keys, Alt with Home
// or End for a move to either end. Each move is shown at once and saved by sending the form #providers-order; the answer is the fresh list.
const ROWS = ":scope > [data-id], :scope > [data-divider]";
const sortable = new WeakSet();
let saved = [];          // the order that the server last told, to go back to
let movedAgain = false;  // a further move while the last one is being saved

const list = () => document.querySelector("[data-order]");
const form = () => document.getElementById("providers-order");
const rows = () => [...list().querySelectorAll(ROWS)];
const isOurs = (event) => event.detail.ctx?.sourceElement?.id === "providers-order";

function attach() {
  if (!form()) return;
  saved = rows();
  if (sortable.has(list())) return;
  sortable.add(list());
  Sortable.create(list(), {
    draggable: "[data-id], [data-divider]",
    handle: "[data-handle]",
    // The browser's own dragging knows no fingers; only the library's scrolls the page under one.
    forceFallback: matchMedia("(any-pointer: coarse)").matches,
    animation: matchMedia("(prefers-reduced-motion: reduce)").matches ? 0 : 150,
    onEnd: ({ item, oldDraggableIndex, newDraggableIndex }) => {
      for (const row of rows()) row.removeAttribute("style"); // an empty one trips the policy
      if (oldDraggableIndex !== newDraggableIndex) save(item, item.querySelector("[data-handle]"));
    },
  });
}

function move(row, step, control) {
  const all = rows();
  const place = Math.min(Math.max(all.indexOf(row) + step, 0), all.length - 1);
  const neighbour = all[place];
  if (neighbour === row) return;
  if (step < 0) neighbour.before(row);
  else neighbour.after(row);
  save(row, control);
}

function save(row, control) {
  control.focus({ preventScroll: true });
  renumber();
  announce(row);
  if (form().classList.contains("htmx-request")) movedAgain = true;
  else form().requestSubmit();
}

function renumber() {
  list().querySelectorAll("[data-position]").forEach((cell, index) => { cell.textContent = index + 1; });
}

function announce(row) {
  const all = rows();
  const group = all.indexOf(row) < all.findIndex((other) => "divider" in other.dataset) ? "primary" : "fallback";
  const words = {
    name: row.dataset.name,
    position: row.querySelector("[data-position]").textContent,
    count: all.length - 1,
    group: document.querySelector(`[data-group=${group}]`).textContent,
  };
  const place = document.getElementById("order-announcement");
  place.textContent = place.dataset.text.replace(/\{(\w+)\}/g, (_, word) => words[word]);
}

// A move made meanwhile must not be undone by the answer to the one before: take its version only.
function keepMoving(event) {
  if (!isOurs(event)) return;
  if (event.detail.ctx.response.status !== 200) movedAgain = false; // a stale order: start from the fresh one
  if (!movedAgain) return;
  event.preventDefault();
  const fresh = new DOMParser().parseFromString(event.detail.ctx.text, "text/html");
  form().elements.version.value = fresh.querySelector("[name=version]").value;
}

function goBack(event) {
  if (!isOurs(event) || [200, 409].includes(event.detail.ctx.response?.status)) return;
  movedAgain = false;
  list().append(...saved);
  renumber();
}

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-order] button[name=move]");
  if (!button) return;
  event.preventDefault();
  move(button.closest("[data-id]"), button.value.startsWith("up:") ? -1 : 1, button);
});
document.addEventListener("keydown", (event) => {
  const handle = event.altKey && event.target.closest?.("[data-handle]");
  const step = { ArrowUp: -1, ArrowDown: 1, Home: -Infinity, End: Infinity }[event.key];
  if (!handle || !step) return;
  event.preventDefault();
  move(handle.closest("[data-id]"), step, handle);
});
document.addEventListener("htmx:before:swap", keepMoving);
document.addEventListener("htmx:error", goBack);
document.addEventListener("htmx:response:error", goBack);
document.addEventListener("htmx:after:swap", attach);
document.addEventListener("htmx:finally:request", (event) => {
  if (!isOurs(event) || !movedAgain) return;
  movedAgain = false;
  form().requestSubmit();
});
attach();
