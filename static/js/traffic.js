// Draws the day's traffic on the overview: bars for what each provider sent, one on the other, and a line
// for attempts that failed. The numbers come with the page (data-plot), colours from the legend. Each
// refresh changes the numbers only; the plot is made anew when its lines or the theme are others.
const HEIGHT = 220;
const language = document.documentElement.lang;
const clock = new Intl.DateTimeFormat(language, { timeStyle: "short" });
const day = new Intl.DateTimeFormat(language, { day: "numeric", month: "short" });
const number = new Intl.NumberFormat(language);
const short = new Intl.NumberFormat(language, { notation: "compact" });
const STEPS = [1, 2, 5].flatMap((step) => Array.from({ length: 9 }, (_, power) => step * 10 ** power)).sort((a, b) => a - b);
let box, plot, readout, drawn, shape;

function numbers() {
  return JSON.parse(box.dataset.plot);
}

// Each layer reaches from the ground to the top of all below it; the tallest is painted first. Where no
// attempt failed there is no line.
function layers({ since, step, sent, failed }) {
  const tops = [];
  for (const line of sent) tops.push(line.map((count, at) => count + (tops.at(-1)?.[at] ?? 0)));
  return [failed.map((_, at) => since + at * step), ...tops.reverse(), failed.map((count) => count || null)];
}

function colours() {
  const legend = box.parentElement;
  const of = (swatch) => getComputedStyle(swatch).backgroundColor;
  return { lines: [...legend.querySelectorAll("[data-line]")].map(of), failed: of(legend.querySelector("[data-failed]")) };
}

function time(seconds) {
  const moment = new Date(seconds * 1000);
  return moment.getHours() || moment.getMinutes() ? clock.format(moment) : day.format(moment);
}

function options({ step, sent }) {
  const { lines, failed } = colours();
  const looks = getComputedStyle(box);
  const font = `12px ${looks.fontFamily}`;
  const axis = { stroke: looks.color, font, ticks: { show: false } };
  const bars = uPlot.paths.bars({ size: [0.86], align: 1 });
  const layer = (fill) => ({ fill, width: 0, paths: bars, points: { show: false } });
  return {
    width: box.clientWidth,
    height: HEIGHT,
    padding: [8, 28, 0, 0],
    legend: { show: false },
    cursor: { y: false, points: { show: false }, drag: { x: false, y: false } },
    select: { show: false },
    scales: {
      x: { range: (_plot, from, to) => [from, to + step] },
      y: { range: (_plot, _from, to) => [0, Math.max(to, 4) * 1.05] },
    },
    axes: [
      { ...axis, grid: { show: false }, size: 26, space: 64, values: (_plot, splits) => splits.map(time) },
      { ...axis, grid: { stroke: looks.borderTopColor, width: 1 }, size: 48, incrs: STEPS, values: (_plot, splits) => splits.map((split) => short.format(split)) },
    ],
    series: [
      {},
      ...lines.slice(0, sent.length).reverse().map(layer),
      { stroke: failed, width: 1.5, paths: uPlot.paths.stepped({ align: 1 }), points: { show: false } },
    ],
    hooks: { setCursor: [point] },
  };
}

// What the hand of the mouse stands on, in words under the plot.
function point({ cursor }) {
  const { since, step, sent, failed } = numbers();
  const at = cursor.idx;
  if (at === null || at === undefined) return readout.replaceChildren();
  const from = since + at * step;
  const names = [...box.parentElement.querySelectorAll(".plot-name")].map((name) => name.textContent);
  const counts = [...sent.map((line) => line[at]), failed[at]];
  const said = counts.map((count, line) => `${names[line]} ${number.format(count)}`).filter((_, line) => counts[line]);
  const span = clock.formatRange(from * 1000, (from + step) * 1000);
  return readout.replaceChildren([span, ...said].join(" · "));
}

function begin(data) {
  plot?.destroy();
  readout = document.createElement("p");
  readout.className = "plot-readout";
  box.replaceChildren();
  plot = new uPlot(options(data), layers(data), box);
  box.append(readout);
}

function draw() {
  const found = document.getElementById("traffic-plot");
  if (found !== box) {
    sizes.disconnect();
    [box, shape, drawn] = [found, undefined, undefined];
    if (box) sizes.observe(box);
  }
  if (!box || !box.clientWidth || drawn === box.dataset.plot) return;
  const data = numbers();
  const wanted = JSON.stringify([data.sent.length, colours()]);
  if (wanted === shape) plot.setData(layers(data));
  else begin(data);
  [shape, drawn] = [wanted, box.dataset.plot];
}

function redraw() {
  drawn = undefined;
  draw();
}

const sizes = new ResizeObserver(() => {
  if (plot && box?.contains(plot.root)) plot.setSize({ width: box.clientWidth, height: HEIGHT });
  else draw();
});

draw();
document.addEventListener("htmx:after:swap", draw);
new MutationObserver(redraw).observe(document.documentElement, { attributeFilter: ["data-bs-theme"] });
