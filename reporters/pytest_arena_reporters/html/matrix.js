// Assertions and figures of a case as tables: a row for each, a column for each provider.
function columnTable(name, columns, rows) {
  const table = node("table", { class: "matrix" }, node("thead", {}, node("tr", {}, node("th", { scope: "col", text: name }), columns.map(({ cell }) => node("th", { scope: "col", text: index.providers.at(cell.provider) })))),
    node("tbody", {}, rows));
  table.style.setProperty("--columns", columns.length);
  return node("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": name }, table);
}

function assertionMatrix(columns) {
  const rows = new Map();
  columns.forEach((column, at) => {
    for (const [key, finding] of keyed(findingsOf(column))) {
      if (!rows.has(key)) rows.set(key, { finding, cells: new Map() });
      rows.get(key).cells.set(at, finding);
    }
  });
  if (!rows.size) return null;
  return node("section", {}, node("h2", { text: "Assertions" }), columnTable("Assertion", columns, [...rows.values()].map(({ finding, cells: own }) =>
    node("tr", {}, node("th", { scope: "row", class: `depth-${Math.min(finding.depth + 1, DEEPEST)}` }, finding.type, node("small", { text: finding.place })),
      columns.map((_, at) => findingCell(own.get(at)))))));
}

function findingCell(finding) {
  if (!finding) return node("td", { class: "dim" }, "–", node("span", { class: "sr", text: " not checked" }));
  return node("td", {}, mark(finding.verdict), " ", node("span", { class: "reason", text: finding.reason }));
}

// All findings on a column's trial, those over all trials first, members after their group.
function findingsOf({ record, trial }) {
  const flat = (list, depth, where) => list.flatMap((f) => [
    { type: f.type, verdict: f.verdict, reason: reasonOf(f), depth, place: [where, placeIn(f)].filter(Boolean).join(", ") },
    ...flat(f.group ?? [], depth + 1, "")]);
  return [...flat(record.assertions ?? [], 0, "over all trials"), ...flat(trial?.assertions ?? [], 0, ""),
    ...(trial?.guardrails ?? []).map((g) => ({ type: `guardrail ${g.type}`, verdict: g.action === "flag" ? "u" : "f", reason: `${g.action} on ${g.direction}: ${g.reason}`, depth: 0, place: placeIn(g) }))];
}

// Findings of the same assertion have the same key in each column, also where it stands twice.
function keyed(list) {
  const seen = new Map();
  return list.map((finding) => {
    const key = `${finding.depth} ${finding.type} ${finding.place}`;
    seen.set(key, (seen.get(key) ?? 0) + 1);
    return [`${key} ${seen.get(key)}`, finding];
  });
}

function figureMatrix(columns) {
  const told = columns.map(({ trial, text }) => new Map(trial ? figureRows(trial, text).filter(([, value]) => value && value !== "–") : []));
  const names = [...new Set(told.flatMap((own) => [...own.keys()]))];
  if (!names.length) return null;
  return node("section", {}, node("h2", { text: "Figures" }), columnTable("Figure", columns, names.map((name) =>
    node("tr", {}, node("th", { scope: "row", text: name }), told.map((own) => node("td", { class: own.has(name) ? null : "dim", text: own.get(name) ?? "–" }))))));
}
