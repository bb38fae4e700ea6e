// Which columns the grid shows, in which order, and which one the others are compared with.
function buildGridTools() {
  const radio = (name, value, text, chosen) => node("label", {}, node("input", { type: "radio", name, value, onchange: chosen }), text);
  for (const [value, text] of Object.entries(DENSITIES)) $("densities").append(radio("density", value, text, () => refine({ density: value })));
  $("against").replaceChildren(node("option", { value: "", text: "Mark no differences" }),
    ...index.providers.map((name) => node("option", { value: name, text: `Mark what differs from ${name}` })));
  $("against").addEventListener("change", (e) => refine({ against: e.target.value }));
  for (const id of ["raw", "labels"]) $(id).addEventListener("change", (e) => refine({ [id]: e.target.checked }));
  $("blind").addEventListener("change", (e) => refine({ blind: e.target.checked, ...(e.target.checked ? { labels: true, layout: "grid" } : {}) }));
  addEventListener("click", (e) => { if (!$("columns").contains(e.target) && e.target.isConnected) $("columns").open = false; });
  $("blind-label").hidden = index.providers.length < 2;
}

function syncGridTools() {
  $("grid-tools").hidden = state.layout !== "grid";
  for (const box of $("densities").querySelectorAll("input")) box.checked = box.value === state.density;
  $("against").value = index.providers.includes(state.against) ? state.against : "";
  for (const id of ["raw", "labels", "blind"]) $(id).checked = state[id];
  for (const id of ["against", "columns"]) $(id).hidden = index.providers.length < 2 || state.blind;
  showLabelBar();
  const shown = shownColumns();
  $("columns-count").textContent = shown.length === index.providers.length ? "Columns" : `Columns: ${shown.length} of ${index.providers.length}`;
  const focus = document.activeElement?.dataset.act;
  const rest = [...index.providers.keys()].filter((at) => !shown.includes(at));
  $("columns-list").replaceChildren(...[...shown, ...rest].map((at, place) => choice(at, place, shown)));
  if (focus) [...$("columns-list").querySelectorAll("[data-act]")].find((one) => one.dataset.act === focus)?.focus();
}

function choice(at, place, shown) {
  const name = index.providers.at(at), on = shown.includes(at);
  const put = (columns) => {
    const usual = columns.length === index.providers.length && columns.every((c, i) => c === i);
    refine({ column: usual ? [] : columns.map((c) => index.providers.at(c)) });
  };
  const move = (by) => {
    const columns = shown.filter((c) => c !== at);
    columns.splice(place + by, 0, at);
    put(columns);
  };
  const arrow = (by, sign, words) => node("button", { type: "button", "data-act": `${words} ${at}`, "aria-label": `Move ${name} ${words}`, disabled: !on || place + by < 0 || place + by >= shown.length, onclick: () => move(by), text: sign });
  return node("li", {}, node("label", {}, node("input", { type: "checkbox", checked: on, disabled: on && shown.length === 1, "data-act": `show ${at}`,
    onchange: () => put(on ? shown.filter((c) => c !== at) : [...shown, at]) }), node("span", { text: name })), arrow(-1, "←", "left"), arrow(1, "→", "right"));
}
