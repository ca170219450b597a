"use strict";
// Curves over time with one cursor for all; a click goes there.
const HEIGHT = 160;
const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
const short = (value) => (value == null ? "–" : Number(value.toPrecision(4)).toString());
let plots = [];

const cutLines = (plot) => {
  const pen = plot.ctx;
  pen.save();
  pen.strokeStyle = colour("--edge");
  pen.setLineDash([4, 4]);
  for (const shot of data.shots.slice(1)) {
    const x = Math.round(plot.valToPos(shot[2], "x", true));
    pen.beginPath();
    pen.moveTo(x, plot.bbox.top);
    pen.lineTo(x, plot.bbox.top + plot.bbox.height);
    pen.stroke();
  }
  pen.restore();
};

function options(chart, width) {
  const axis = { stroke: colour("--soft"), grid: { stroke: colour("--edge"), width: 1 }, ticks: { stroke: colour("--edge") }, font: "12px system-ui" };
  const strokes = [colour("--second"), colour("--accent")];
  const isSparse = chart.lines.some((line) => line.values.filter((one) => one != null).length < data.frames / 2);
  return {
    width, height: HEIGHT,
    scales: { x: { time: false }, y: { range: (plot, low, high) => [Math.min(0, low), high > 0 ? high * 1.08 : 1] } },
    cursor: { sync: { key: "report" }, drag: { x: false, y: false }, y: false },
    legend: { live: true },
    hooks: { drawAxes: [cutLines] },
    axes: [{ ...axis, values: (plot, ticks) => ticks.map((tick) => `${Number(tick.toFixed(2))} s`) }, { ...axis, size: 64, values: (plot, ticks) => ticks.map(short) }],
    series: [
      { label: "frame", value: (plot, value, series, place) => (place == null ? "–" : data.curves.frames[place]) },
      ...chart.lines.map((line, place) => ({
        label: line.name, stroke: strokes[place % 2], width: 1.5, dash: place ? [5, 3] : undefined,
        points: { show: isSparse, size: 4 }, value: (plot, value) => short(value),
      })),
    ],
  };
}

function build() {
  const holder = at("curves");
  holder.replaceChildren();
  plots = data.curves.charts.map((chart) => {
    const box = document.createElement("div"), title = document.createElement("h3"), text = document.createElement("p");
    box.className = "chart";
    box.setAttribute("role", "group");
    box.setAttribute("aria-label", `${chart.title}: ${chart.meaning}`);
    title.textContent = chart.title;
    text.textContent = chart.meaning;
    box.append(title, text);
    holder.append(box);
    const plot = new uPlot(options(chart, holder.clientWidth), [data.curves.times, ...chart.lines.map((line) => line.values)], box);
    plot.over.addEventListener("click", () => goTo(plot.posToVal(plot.cursor.left, "x")));
    return plot;
  });
}

build();
listeners.push((seconds) => {
  for (const plot of plots) {
    if (!plot.root.matches(":hover")) plot.setCursor({ left: plot.valToPos(seconds, "x"), top: 0 }, false);
  }
});
let pending = 0;
addEventListener("resize", () => {
  cancelAnimationFrame(pending);
  pending = requestAnimationFrame(() => plots.forEach((plot) => plot.setSize({ width: at("curves").clientWidth, height: HEIGHT })));
});
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", build);
