// Shows <time> relative to now in the reader's language, the exact time in the reader's zone on hover.
const UNITS = [["second", 60], ["minute", 60], ["hour", 24], ["day", 30]];
const language = document.documentElement.lang;
const relative = new Intl.RelativeTimeFormat(language, { numeric: "auto", style: "short" });
const exact = new Intl.DateTimeFormat(language, { dateStyle: "medium", timeStyle: "medium" });
const clock = new Intl.DateTimeFormat(language, { timeStyle: "short" });
const day = new Intl.DateTimeFormat(language, { dateStyle: "medium" });

function ago(moment) {
  let distance = (moment - Date.now()) / 1000;
  for (const [unit, size] of UNITS) {
    // Without the dots of abbreviations, which would be a second one at the end of a sentence.
    if (Math.abs(distance) < size) return relative.format(Math.round(distance), unit).replace(/\.(?=\s|$)/g, "");
    distance /= size;
  }
  return day.format(moment);
}

// The time of day where that is enough: today.
function since(moment) {
  return moment.toDateString() === new Date().toDateString() ? clock.format(moment) : exact.format(moment);
}

function write(element) {
  const moment = new Date(element.dateTime);
  if (Number.isNaN(moment.getTime())) return;
  const { exact: isExact, since: isSince } = element.dataset;
  const text = isExact === "" ? exact.format(moment) : isSince === "" ? since(moment) : ago(moment);
  if (element.textContent !== text) element.textContent = text;
  element.title = exact.format(moment);
}

function writeAll() {
  document.querySelectorAll("time[data-relative], time[data-exact], time[data-since]").forEach(write);
}

writeAll();
document.addEventListener("htmx:after:swap", writeAll);
setInterval(() => document.hidden || writeAll(), 10_000);
