// Small things that every part of the page uses. Text goes in as text, never as markup.

const page = JSON.parse(document.getElementById("data").textContent);
const byId = (id) => document.getElementById(id);
const columnOf = (key) => page.columns.find((column) => column.key === key);
const networkOf = (name) => page.networks.find((network) => network.name === name);

function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...children);
  return made;
}

// A name that may be broken behind its underscores.
function breakable(name) {
  return name.split(/(?<=_)/).flatMap((part) => [part, element("wbr")]);
}

function fillSelect(select, choices, chosen) {
  select.replaceChildren(...choices.map(([value, text]) => new Option(text, value, false, value === chosen)));
}

function link(text, address) {
  return element("a", { href: address, rel: "noreferrer", target: "_blank" }, text);
}
