// Copies the text of an element: <button data-copy="ID" data-copied="Copied.">.
async function copy(text) {
  if (navigator.clipboard) return navigator.clipboard.writeText(text);
  const area = document.createElement("textarea"); // plain http: no clipboard there
  area.value = text;
  document.body.append(area);
  area.select();
  document.execCommand("copy");
  return area.remove();
}

document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy]");
  if (!button) return;
  await copy(document.getElementById(button.dataset.copy).innerText);
  document.dispatchEvent(new CustomEvent("toast", { detail: { tone: "success", text: button.dataset.copied } }));
});
