// The rows of cells and of the matrix: only those in sight exist as nodes.
const columns = () => [["verdict", "Verdict"], ...(index.statuses ? [["since", "Since the baseline"]] : []),
  ["case", "Case"], ["provider", "Provider"], ["latency", "Latency"], ["tokens", "Tokens"], ["cost", "Cost"], ["", "Reason or answer"]];
let found = [];
let items = [];
let chosen = -1;
let drawn = null;

function buildList() {
  const kind = layout();
  const head = node("div", { class: "head", role: "row" });
  if (kind === "cells") {
    for (const [key, title] of columns()) head.append(header(key, title));
  } else {
    head.append(node("div", { role: "columnheader", text: "Case" }));
    for (const name of index.providers) head.append(node("div", { role: "columnheader", text: name, title: name }));
  }
  const body = node("div", { class: "rows", role: "rowgroup", id: "rows" });
  const count = kind === "cells" ? columns().length : index.providers.length + 1;
  const table = node("div", { class: `${kind}${index.statuses ? " beside" : ""}`, role: "table", "aria-label": "Cells", "aria-colcount": count },
    node("div", { role: "rowgroup" }, head), body);
  table.style.setProperty("--providers", index.providers.length);
  $("list").replaceChildren(table);
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
  const kept = new Set(found);
  items = layout() === "cells" ? found
    : state.sort ? [...new Set(found.map((c) => c.case))] : index.rows.filter((r) => r.cells.some((c) => kept.has(c)));
  showList.kept = kept;
  buildList();
  chosen = Math.min(chosen, items.length - 1);
  const total = cells.length === found.length ? "" : ` of ${number(cells.length)}`;
  const searching = state.q && ready.size * index.chunk < cells.length ? " so far, still reading" : "";
  $("status").textContent = layout() === "cells" ? `${plural(found.length, "cell")}${total}${searching}`
    : `${plural(items.length, "case")}, ${plural(found.length, "cell")}${total}${searching}`;
  $("clear").hidden = cells.length === found.length;
  if (!items.length) {
    $("list").replaceChildren(node("p", { class: "empty", text: "No cell matches these filters." }));
  }
  drawn = null;
  draw();
}

const rowHeight = () => (matchMedia("(max-width:720px)").matches ? 64 : 40);

function draw() {
  const body = $("rows");
  if (!body || state.view !== "cells") return;
  const height = rowHeight();
  body.style.height = `${items.length * height}px`;
  const top = body.getBoundingClientRect().top;
  const first = Math.max(0, Math.floor(-top / height) - 4);
  const last = Math.min(items.length, Math.ceil((innerHeight - top) / height) + 4);
  const range = `${first}:${last}:${height}`;
  if (range === drawn) return;
  drawn = range;
  const focused = body.contains(document.activeElement);
  const rows = [];
  for (let i = first; i < last; i++) {
    const row = layout() === "cells" ? cellRow(items[i]) : matrixRow(items[i]);
    row.style.transform = `translateY(${i * height}px)`;
    row.setAttribute("aria-rowindex", i + 2);
    row.dataset.row = i;
    if (i === chosen) row.classList.add("chosen");
    rows.push(row);
  }
  body.parentElement.setAttribute("aria-rowcount", items.length + 1);
  body.replaceChildren(...rows);
  if (focused) body.querySelector(".chosen a")?.focus({ preventScroll: true });
  if (layout() === "cells") fillPreviews(items.slice(first, last));
}

const flakyMark = () => node("span", { class: "flaky", title: "flaky: some trials passed, some failed" }, " ≈",
  node("span", { class: "sr", text: " flaky" }));

function cellRow(cell) {
  const field = (name, text) => node("div", { role: "cell", class: `c-${name}`, text });
  return node("div", { class: "row", role: "row" },
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

function matrixRow(row) {
  const own = new Map(row.cells.map((c) => [c.provider, c]));
  const line = node("div", { class: "row", role: "row" });
  const first = row.cells.find((c) => showList.kept.has(c)) ?? row.cells.at(0);
  line.append(node("div", { role: "cell", class: "name" }, node("a", { href: cellLink(first), text: row.name })));
  index.providers.forEach((name, p) => {
    const cell = own.get(p);
    const time = cell && cell.latency !== null ? milliseconds(cell.latency) : "";
    const status = cell && hasChanged(cell) ? statusOf(cell) : "";
    const inner = cell ? node("a", {
      class: `v-${cell.verdict}${showList.kept.has(cell) ? "" : " off"}`, href: cellLink(cell),
      text: (status || time) + (cell.flaky ? " ≈" : ""), "data-status": status || null,
      "aria-label": [time, VERDICTS[cell.verdict], status, cell.flaky ? "flaky" : "", name, row.name].filter(Boolean).join(", "),
    }) : null;
    line.append(node("div", { role: "cell" }, inner));
  });
  return line;
}

function choose(step) {
  if (!items.length) return;
  chosen = Math.max(0, Math.min(items.length - 1, chosen + step));
  const height = rowHeight();
  const y = $("rows").getBoundingClientRect().top + scrollY + chosen * height;
  if (y < scrollY + 100) scrollTo(0, y - 100);
  else if (y + height > scrollY + innerHeight - 20) scrollTo(0, y + height - innerHeight + 20);
  drawn = null;
  draw();
  document.querySelector(".row.chosen a")?.focus({ preventScroll: true });
}
