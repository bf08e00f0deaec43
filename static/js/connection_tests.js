// The end of a streamed connection test: the server's fragments do the rest (connection_tests/*.html).
// A stream that ends without a verdict says so instead of leaving the reader waiting.
function broken(text) {
  const box = document.createElement("p");
  box.className = "notice notice-warning";
  box.textContent = text;
  return box;
}

document.addEventListener("htmx:sse:close", (event) => {
  const place = document.querySelector(event.target.getAttribute?.("hx-target"));
  const outcome = place?.querySelector("[data-outcome]");
  if (!outcome) return;
  place.querySelector("[data-running]").removeAttribute("data-running");
  if (!outcome.hasChildNodes()) outcome.append(broken(place.dataset.brokenOff));
});
