// Counts the ticked rows of a list for the form that acts on them (data-selection names the list), and
// keeps buttons shut while nothing is ticked. A refresh of the list does not untick anything.
function boxes(form) {
  return [...document.querySelectorAll(`${form.dataset.selection} input[name="ids"]`)];
}

function write(form) {
  const all = boxes(form);
  const ticked = all.filter((box) => box.checked).length;
  const everything = form.querySelector("[data-select-all]").checked;
  const page = form.querySelector("[data-select-page]");
  page.checked = all.length > 0 && ticked === all.length;
  page.indeterminate = ticked > 0 && ticked < all.length;
  for (const place of document.querySelectorAll(".selection-count")) {
    const { selectedAll, selectedSome, selectedNone } = place.dataset;
    const text = everything ? selectedAll : ticked ? selectedSome.replace("{n}", ticked) : selectedNone;
    if (place.textContent !== text) place.textContent = text;
  }
  for (const place of document.querySelectorAll(".match-place")) place.hidden = !everything;
  for (const button of form.querySelectorAll("[data-needs-selection]")) button.disabled = !everything && !ticked;
}

function writeAll() {
  document.querySelectorAll("form[data-selection]").forEach(write);
}

document.addEventListener("change", (event) => {
  const form = event.target.closest("form[data-selection]");
  if (form && event.target.matches("[data-select-page]")) {
    for (const box of boxes(form)) box.checked = event.target.checked;
  }
  writeAll();
});
document.addEventListener("htmx:after:swap", (event) => {
  const isAction = event.detail?.ctx?.request?.method === "POST";
  for (const form of isAction ? document.querySelectorAll("form[data-selection]") : []) {
    for (const box of [...boxes(form), form.querySelector("[data-select-all]")]) box.checked = false;
  }
  writeAll();
});
document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-closes]");
  if (button) document.getElementById(button.dataset.closes).close();
});
// How many all that match are is asked for when the question opens: counting takes the server a moment.
document.addEventListener("toggle", (event) => {
  const place = event.newState === "open" && event.target.querySelector(".match-place:not([hidden])");
  if (place) place.dispatchEvent(new CustomEvent("matches"));
}, true);
writeAll();
