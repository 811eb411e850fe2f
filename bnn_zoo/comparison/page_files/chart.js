// The chart: what is drawn is chart.json and labels.json, this only puts values, axes and colours into them.

const definition = JSON.parse(byId("chart-definition").textContent);
const labels = JSON.parse(byId("labels-definition").textContent);
const axes = { x: byId("axis-x"), y: byId("axis-y") };
const dark = matchMedia("(prefers-color-scheme: dark)");
let drawing = Promise.resolve();

function front() {
  return new Set(page.fronts[`${axes.x.value}|${axes.y.value}|${byId("chart-data-set").value}`] ?? []);
}

function points() {
  const [x, y] = [columnOf(axes.x.value), columnOf(axes.y.value)];
  const dataSet = byId("chart-data-set").value;
  const best = front();
  return page.networks
    .filter((network) => network.values[x.key] !== null && network.values[y.key] !== null)
    .filter((network) => dataSet === "" || network.data_set === dataSet)
    .map((network) => {
      const told = { xText: `${network.text[x.key]} ${x.unit}`.trim(), yText: `${network.text[y.key]} ${y.unit}`.trim() };
      const place = best.has(network.name) ? ", on the Pareto front" : "";
      return {
        name: network.name,
        x: network.values[x.key],
        y: network.values[y.key],
        front: best.has(network.name),
        description: `${network.name}: ${x.title} ${told.xText}, ${y.title} ${told.yText}${place}`,
        ...told,
      };
    });
}

function scaleOf(column, values) {
  const log = column.log && Math.min(...values) > 0 && Math.max(...values) / Math.min(...values) > page.log_from;
  return log ? { type: "log" } : { type: "linear", zero: false };
}

function specification(values) {
  const spec = structuredClone(definition);
  const colours = getComputedStyle(document.documentElement);
  const [ground, text, line, accent] = ["--page", "--text", "--line", "--accent"].map((name) => colours.getPropertyValue(name).trim());
  spec.data.values = values;
  for (const side of ["x", "y"]) {
    const column = columnOf(axes[side].value);
    spec.encoding[side].title = column.heading;
    Object.assign(spec.encoding[side].scale, scaleOf(column, values.map((value) => value[side])));
  }
  const { fill, tooltip } = spec.layer[1].encoding;
  [fill.condition.value, fill.value] = [accent, ground];
  [tooltip[1].title, tooltip[2].title] = [columnOf(axes.x.value).title, columnOf(axes.y.value).title];
  Object.assign(spec, { background: null });
  Object.assign(spec.config, { line: { color: accent }, point: { color: accent } });
  Object.assign(spec.config.axis, { labelColor: text, titleColor: text, gridColor: line, domainColor: line, tickColor: line });
  return spec;
}

// Vega places labels where none hides another, which Vega-Lite has no word for.
function withLabels(compiled) {
  const names = structuredClone(labels);
  names.encode.enter.fill.value = getComputedStyle(document.documentElement).getPropertyValue("--text").trim();
  compiled.marks.push(names);
  return compiled;
}

async function draw() {
  const values = points();
  const left = page.networks.length - values.length;
  byId("chart-note").textContent =
    `${values.length} networks. ` +
    (left ? `Not drawn: ${left}, on another data set or without one of the two values. ` : "") +
    (values.some((value) => value.front) ? "Filled and joined: the Pareto front, which no other network beats. " : "") +
    "Press a point for the network's card; the table holds the same values.";
  const chart = await window.vegaEmbed("#chart", specification(values), { renderer: "svg", actions: false, ast: true, patch: withLabels });
  chart.view.addEventListener("click", (event, item) => item?.datum?.name && showCard(item.datum.name));
}

// One after the other: a drawing that is overtaken by the next must not be the last to finish.
function drawChart() {
  drawing = drawing.then(draw);
  return drawing;
}

function startChart() {
  const numbers = page.columns.filter((column) => column.number);
  const choices = numbers.map((column) => [column.key, column.heading]);
  fillSelect(axes.x, choices, page.axes[0]);
  fillSelect(axes.y, choices, page.axes[1]);
  const sets = page.data_sets.map((name) => [name, name]);
  fillSelect(byId("chart-data-set"), [...sets, ["", "all, which do not compare in accuracy"]], page.data_sets[0] ?? "");
  for (const control of [axes.x, axes.y, byId("chart-data-set")]) {
    control.addEventListener("change", () => {
      drawChart();
      if (byId("filter-front").checked) showRows();
    });
  }
  dark.addEventListener("change", drawChart);
  return drawChart();
}
