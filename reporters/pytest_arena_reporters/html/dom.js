// Building nodes; foreign text only ever enters through textContent.
const $ = (id) => document.getElementById(id);

// Overrides of the reading direction could make a text look like another one.
const readable = (text) => String(text).replace(/[\u202a-\u202e\u2066-\u2069]/g, "\ufffd");

function node(tag, attributes, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes ?? {})) {
    if (value === null || value === undefined || value === false) continue;
    if (name === "text") made.textContent = readable(value);
    else if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else made.setAttribute(name, value === true ? "" : value);
  }
  for (const child of children.flat(Infinity)) {
    if (child !== null && child !== undefined) made.append(typeof child === "string" ? readable(child) : child);
  }
  return made;
}

const mark = (verdict) => node("span", { class: `mark v-${verdict}` }, MARKS[verdict],
  node("span", { class: "sr", text: ` ${VERDICTS[verdict]}` }));

function milliseconds(value) {
  if (value === null || value === undefined) return "–";
  if (value < 999.5) return `${value < 1 ? Number(value.toPrecision(2)) : Math.round(value)} ms`;
  return value < 9995 ? `${(value / 1000).toFixed(2)} s` : `${(value / 1000).toFixed(1)} s`;
}

function dollars(value) {
  if (value === null || value === undefined) return "–";
  if (value === 0) return "$0";
  if (value >= 1) return `$${value.toFixed(2)}`;
  const digits = Math.min(9, 2 - Math.floor(Math.log10(value)));
  return `$${value.toFixed(Math.max(3, digits))}`;
}

const number = (value) => (value === null || value === undefined ? "–" : value.toLocaleString("en"));
const plural = (n, one, many = `${one}s`) => `${number(n)} ${n === 1 ? one : many}`;
const percent = (share) => `${share > 0 && share < 0.005 ? "<1" : share < 1 && share > 0.995 ? ">99" : Math.round(share * 100)} %`;
