// A network's card: what is known of it, what the guide says to it, and its layers.

function paperOf(network) {
  const paper = network.paper;
  return element("p", {}, `${paper.authors}: `, link(paper.title, paper.url), `, ${paper.year}.`);
}

function factsOf(network) {
  const list = element("dl", { class: "facts" });
  for (const column of page.columns) {
    if (column.key === "name" || network.text[column.key] === "") continue;
    list.append(element("div", {}, element("dt", {}, column.heading), element("dd", {}, network.text[column.key])));
  }
  return list;
}

function weightsOf(network) {
  const items = network.weights.map((weights) => {
    const told = [weights.dataset && `trained on ${weights.dataset}`, ...weights.metrics, weights.license && `licence ${weights.license}`];
    return element("li", {}, element("code", {}, weights.name), ` ${told.filter(Boolean).join("; ")}`);
  });
  return [element("h3", {}, "Weights"), element("ul", {}, ...items)];
}

function hintsOf(network) {
  const items = network.hints.map((hint) =>
    element("li", {}, element("strong", {}, hint.advice), `: ${hint.reason} (${hint.places.join("; ")}) `, link("Read on", hint.read_on)),
  );
  return [element("h3", {}, "What the guide to building BNNs says"), element("ul", { class: "hints" }, ...items)];
}

function layersOf(network) {
  const [first, ...rest] = page.layer_columns;
  const head = element("tr", {}, element("th", { scope: "col" }, first), ...rest.map((title, place) => element("th", { scope: "col", class: place > 1 ? "number" : "" }, title)));
  const rows = network.layers.map(({ cells: [name, ...values], binary }) =>
    element("tr", { class: binary ? "binary" : "" }, element("th", { scope: "row" }, name), ...values.map((value, place) => element("td", { class: place > 1 ? "number" : "" }, value))),
  );
  const table = element("table", { id: "layers" }, element("caption", { class: "hint" }, element("span", { class: "swatch" }), " binary layers"), element("thead", {}, head), element("tbody", {}, ...rows));
  return [element("h3", { id: "layers-heading" }, `${network.layers.length} layers`), element("div", { class: "scroll", role: "region", "aria-labelledby": "layers-heading", tabindex: "0" }, table)];
}

function showCard(name) {
  const network = networkOf(name);
  byId("card-name").textContent = network.name;
  const body = byId("card-body");
  body.replaceChildren();
  if (network.paper) body.append(paperOf(network));
  if (network.code) body.append(element("p", {}, element("code", {}, network.code)));
  body.append(factsOf(network));
  if (network.weights.length) body.append(...weightsOf(network));
  if (network.hints.length) body.append(...hintsOf(network));
  body.append(...layersOf(network));
  byId("card").showModal();
  byId("card").scrollTop = 0;
}

function startCard() {
  const card = byId("card");
  byId("card-close").addEventListener("click", () => card.close());
  card.addEventListener("click", (event) => event.target === card && card.close());
}
