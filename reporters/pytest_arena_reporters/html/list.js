// The rows of the chosen layout, and the list of cells that can be sorted.
const columns = () => [["verdict", "Verdict"], ...(index.statuses ? [["since", "Since the baseline"]] : []),
  ["case", "Case"], ["provider", "Provider"], ["latency", "Latency"], ["tokens", "Tokens"], ["cost", "Cost"], ["", "Reason or answer"]];
let found = [];
let items = [];
let chosen = -1;
let list = null;

function cellTable() {
  const head = node("div", { class: "head", role: "row" }, columns().map(([key, title]) => header(key, title)));
  return node("div", { class: `cells${index.statuses ? " beside" : ""}`, role: "table", "aria-label": "Cells", "aria-colcount": columns().length, "aria-rowcount": items.length + 1 },
    node("div", { role: "rowgroup" }, head), node("div", { class: "rows", role: "rowgroup", id: "rows" }));
}

function header(key, title) {
  const [active, down] = [state.sort.replace("-", "") === key && key, state.sort.startsWith("-")];
  const order = active ? (down ? "descending" : "ascending") : null;
  const next = !active ? key : down ? "" : `-${key}`;
  const label = active ? `${title} ${down ? "↓" : "↑"}` : title;
  const inner = key ? node("button", { type: "button", onclick: () => refine({ sort: next }), text: label }) : title;
  return node("div", { role: "columnheader", class: `c-${key || "preview"}`, "aria-sort": order }, inner);
}

function showList() {
  found = filtered();
  const kept = new Set(found), cases = state.layout === "grid";
  items = !cases ? found
    : state.sort ? [...new Set(found.map((c) => c.case))] : index.rows.filter((r) => r.cells.some((c) => kept.has(c)));
  showList.kept = kept;
  chosen = Math.min(chosen, items.length - 1);
  const total = cells.length === found.length ? "" : ` of ${number(cells.length)}`;
  const searching = state.q && ready.size * index.chunk < cells.length ? " so far, still reading" : "";
  $("status").textContent = cases ? `${plural(items.length, "case")}, ${plural(found.length, "cell")}${total}${searching}`
    : `${plural(found.length, "cell")}${total}${searching}`;
  $("clear").hidden = cells.length === found.length;
  $("list").replaceChildren(!items.length ? node("p", { class: "empty", text: "No cell matches these filters." }) : cases ? gridTable(items) : cellTable());
  list = !items.length ? null : new LongList($("rows"), items, cases ? { make: gridRow, guess: guess(), fixed: density() === "ticks", known: knownHeights() }
    : { make: cellRow, guess: matchMedia("(max-width:720px)").matches ? 64 : 40, fixed: true });
  draw();
}

// Who comes back from a case finds the rows where they were, as long as all looks the same.
let measured = { look: "", heights: new Map() };

function knownHeights() {
  const look = JSON.stringify([innerWidth, density(), gridColumns, state.against, state.raw, state.labels, state.blind, state.q, state.file]);
  if (look !== measured.look) measured = { look, heights: new Map() };
  return measured.heights;
}

function draw() {
  if (state.view !== "cells" || !list) return;
  spent = 0;
  list.draw();
  if (list.leaping || unmarked.size) settleSoon(STILL_MS);
  const shown = [...list.nodes.keys()].map((i) => items.at(i));
  if (state.layout === "cells") fillPreviews(shown);
  else if (density() !== "ticks") fillRows(shown);
}

function drawForPaper() {
  if (state.view !== "cells" || !list) return;
  printing = true;
  list.again((item) => unmarked.has(item));
  unmarked.clear();
  list.draw(true);
}

function drawForScreen() {
  printing = false;
  draw();
}

const flakyMark = () => node("span", { class: "flaky", title: "flaky: some trials passed, some failed" }, " ≈",
  node("span", { class: "sr", text: " flaky" }));

function cellRow(cell, at) {
  const field = (name, text) => node("div", { role: "cell", class: `c-${name}`, text });
  return node("div", { class: `row${at === chosen ? " chosen" : ""}`, role: "row" },
    node("div", { role: "cell", class: `c-verdict v-${cell.verdict}` }, MARKS[cell.verdict], " ", VERDICTS[cell.verdict],
      cell.flaky ? flakyMark() : null),
    index.statuses ? field(`since ${hasChanged(cell) ? "changed" : "dim"}`, statusOf(cell)) : null,
    node("div", { role: "cell", class: "c-case" }, node("a", { href: cellLink(cell), text: cell.case.name })),
    field("provider", index.providers[cell.provider]), field("latency", milliseconds(cell.latency)),
    field("tokens", number(cell.tokens)), field("cost", dollars(cell.cost)),
    node("div", { role: "cell", class: "preview", "data-cell": cell.i, text: cell.preview ?? "" }));
}

async function fillPreviews(shown) {
  const missing = new Set(shown.filter((c) => c.preview === null).map(chunkOf));
  if (!missing.size) return;
  await Promise.all([...missing].map(loadChunk));
  for (const place of document.querySelectorAll(".preview[data-cell]")) {
    place.textContent = readable(cells[place.dataset.cell].preview ?? "");
  }
}

// Who comes back from the page of a case or a cell goes on from its row.
function focusOn(id) {
  const cell = byKey.get(id), at = items.findIndex((item) => item === cell || item === cell?.case || (item.cells && caseKey(item) === id));
  list?.nodes.get(at)?.querySelector("a")?.focus({ preventScroll: true });
}

function choose(step) {
  if (!items.length) return;
  chosen = Math.max(0, Math.min(items.length - 1, chosen + step));
  list.scrollTo(chosen);
  draw();
  document.querySelector(".row.chosen")?.classList.remove("chosen");
  const row = list.nodes.get(chosen);
  row?.classList.add("chosen");
  row?.querySelector("a")?.focus({ preventScroll: true });
}
