// The table: sorted by any column, filtered by words, data set and the chart's Pareto front.

let sorted = { key: null, direction: "ascending" };

function shownColumns() {
  return page.columns.filter((column) => column.shown || byId("all-columns").checked);
}

function ordered(networks) {
  if (sorted.key === null) return networks;
  const sign = sorted.direction === "ascending" ? 1 : -1;
  const value = (network) => network.values[sorted.key];
  const known = networks.filter((network) => value(network) !== null);
  const unknown = networks.filter((network) => value(network) === null);
  const compare = (one, other) => (typeof one === "string" ? one.localeCompare(other) : one - other);
  return [...known.sort((one, other) => sign * compare(value(one), value(other))), ...unknown];
}

function filtered() {
  const words = byId("filter").value.toLowerCase().split(/\s+/).filter(Boolean);
  const dataSet = byId("filter-data-set").value;
  const best = byId("filter-front").checked ? front() : null;
  return page.networks.filter(
    (network) =>
      words.every((word) => network.search.includes(word)) &&
      (dataSet === "" || network.data_set === dataSet) &&
      (best === null || best.has(network.name)),
  );
}

function sortBy(column) {
  const first = column.better === "larger" ? "descending" : "ascending";
  const other = first === "ascending" ? "descending" : "ascending";
  sorted = { key: column.key, direction: sorted.key === column.key && sorted.direction === first ? other : first };
  showHead();
  showRows();
  byId("networks").querySelector(`th[data-key="${CSS.escape(column.key)}"] button`).focus();
}

function showHead() {
  const cells = shownColumns().map((column) => {
    const button = element("button", { type: "button" }, column.heading);
    button.addEventListener("click", () => sortBy(column));
    const sort = sorted.key === column.key ? { "aria-sort": sorted.direction } : {};
    return element("th", { scope: "col", "data-key": column.key, class: column.number ? "number" : "", ...sort }, button);
  });
  byId("networks").tHead.replaceChildren(element("tr", {}, ...cells));
}

function rowOf(network) {
  const cells = shownColumns().map((column) => {
    if (column.key === "name") return element("th", { scope: "row" }, element("button", { type: "button" }, ...breakable(network.name)));
    return element("td", { class: column.number ? "number" : "" }, network.text[column.key]);
  });
  const row = element("tr", { "data-name": network.name }, ...cells);
  row.addEventListener("click", () => showCard(network.name));
  return row;
}

function showRows() {
  const found = ordered(filtered());
  byId("networks").tBodies[0].replaceChildren(...found.map(rowOf));
  byId("status").textContent = `${found.length} of ${page.networks.length} networks`;
}

function startTable() {
  fillSelect(byId("filter-data-set"), [["", "all"], ...page.data_sets.map((name) => [name, name])], "");
  byId("filter").addEventListener("input", showRows);
  for (const id of ["filter-data-set", "filter-front"]) byId(id).addEventListener("change", showRows);
  byId("all-columns").addEventListener("change", () => {
    showHead();
    showRows();
  });
  for (const column of page.columns) byId("meanings").append(element("dt", {}, column.heading), element("dd", {}, column.explain));
  if (page.notes.length) {
    byId("notes").append(element("h3", {}, "Not measured"), element("ul", {}, ...page.notes.map((note) => element("li", {}, note))));
  }
  showHead();
  showRows();
}
