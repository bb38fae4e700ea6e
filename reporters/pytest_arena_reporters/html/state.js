// What is shown, held in the URL's hash: #view?filter=…, #case?id=… or #cell?id=….
const VIEWS = ["overview", "cells", "case", "cell", "pairs", "history", "run"].filter((view) => document.getElementById(view));
const WITH_FILTERS = new Set(["cells", "case", "cell", "pairs"]);
const DENSITIES = { ticks: "Ticks", short: "Short", full: "Full" };
const DIFFERENCES = { verdicts: "Verdicts differ", answers: "Answers differ" };

function readState() {
  const [view, query = ""] = location.hash.slice(1).split(/\?(.*)/s);
  const given = new URLSearchParams(query);
  const list = (name) => (given.get(name) ?? "").split(",").filter(Boolean);
  return {
    view: VIEWS.includes(view) ? view : "overview",
    id: given.get("id") ?? "",
    trial: given.has("trial") ? Math.max(0, Number.parseInt(given.get("trial"), 10) || 0) : null,
    with: given.get("with") ?? "",
    left: given.get("left") ?? "",
    right: given.get("right") ?? "",
    q: given.get("q") ?? "",
    verdict: list("verdict"),
    provider: given.get("provider") ?? "",
    tag: given.get("tag") ?? "",
    file: given.get("file") ?? "",
    check: given.get("check") ?? "",
    since: given.get("since") ?? "",
    differ: given.get("differ") in DIFFERENCES ? given.get("differ") : "",
    flaky: given.get("flaky") === "1",
    sort: given.get("sort") ?? "",
    // The list has names and verdicts on each line: nobody could read it blind.
    layout: given.get("layout") === "cells" && given.get("blind") !== "1" ? "cells" : "grid",
    density: given.get("density") in DENSITIES ? given.get("density") : "short",
    column: given.getAll("column"),
    against: given.get("against") ?? "",
    raw: given.get("raw") === "1",
    labels: given.get("labels") === "1",
    blind: given.get("blind") === "1",
  };
}

const CHANGED = "changed";
const FILTERS = ["q", "file", "provider", "tag", "check", "since", "differ"];

function hashOf(state) {
  const query = new URLSearchParams();
  if (state.view === "cell" || state.view === "case") {
    query.set("id", state.id);
    for (const name of state.view === "case" ? ["trial", "left", "right"] : ["trial", "with"]) {
      if (state[name] !== null && state[name] !== "") query.set(name, state[name]);
    }
  }
  if (WITH_FILTERS.has(state.view)) {
    for (const name of FILTERS) if (state[name]) query.set(name, state[name]);
    if (state.verdict.length) query.set("verdict", state.verdict.join(","));
    if (state.flaky) query.set("flaky", "1");
    if (state.sort) query.set("sort", state.sort);
    if (state.layout !== "grid") query.set("layout", state.layout);
    if (state.density !== "short") query.set("density", state.density);
    for (const name of state.column) query.append("column", name);
    if (state.against) query.set("against", state.against);
    for (const name of ["raw", "labels", "blind"]) if (state[name]) query.set(name, "1");
  }
  const text = query.toString();
  return `#${state.view}${text ? `?${text}` : ""}`;
}

const linkTo = (change) => hashOf({ ...state, ...change });
const cellLink = (cell) => linkTo({ view: "cell", id: cell.key, trial: null, with: "", left: "", right: "" });

// Replaces the address without a new entry in the history, as typing in a filter should.
function refine(change) {
  state = { ...state, ...change };
  history.replaceState(null, "", hashOf(state));
  show();
}

let state = readState();

// The numbers of the columns that are shown, in the order that was chosen.
function shownColumns() {
  const chosen = [...new Set(state.column)].map((name) => index.providers.indexOf(name)).filter((at) => at >= 0);
  return chosen.length ? chosen : [...index.providers.keys()];
}

// Whether the shown columns of a case differ; what was skipped says nothing.
function differs(row, what, shown) {
  const own = row.cells.filter((c) => c.verdict !== "s" && shown.has(c.provider));
  return new Set(own.map((c) => (what === "answers" ? c.said : c.verdict))).size > 1;
}
function matches(cell, wanted) {
  if (wanted.verdict.length && !wanted.verdict.includes(VERDICTS[cell.verdict])) return false;
  if (wanted.provider && index.providers[cell.provider] !== wanted.provider) return false;
  if (wanted.file && cell.case.file !== wanted.file) return false;
  if (wanted.tag && !cell.case.tags.includes(wanted.tag)) return false;
  if (wanted.since && !(wanted.since === CHANGED ? hasChanged(cell) : statusOf(cell) === wanted.since)) return false;
  if (wanted.flaky && !cell.flaky) return false;
  if (wanted.rows && !wanted.rows.has(cell.case)) return false;
  if (!wanted.shown.has(cell.provider)) return false;
  if (wanted.check && !checked(cell, wanted)) return false;
  return wanted.words.every((word) => (cell.full ?? cell.names).includes(word));
}

// With only failures wanted, a check means the cells that failed on it.
function checked(cell, wanted) {
  const type = index.types.indexOf(wanted.check) + 1;
  const broken = wanted.verdict.length && !wanted.verdict.includes("passed");
  return cell.checks.some((c) => c === -type || (!broken && c === type));
}

const SORTS = {
  case: (c) => c.row, provider: (c) => c.provider, verdict: (c) => "efxsp".indexOf(c.verdict),
  since: (c) => (c.status < 0 ? null : c.status), latency: (c) => c.latency, tokens: (c) => c.tokens, cost: (c) => c.cost,
};

// Words in any order; "several words" in quotes stand together.
const searchWords = () => [...state.q.toLowerCase().matchAll(/"(?<quoted>[^"]+)"|\S+/g)].map((m) => m.groups.quoted ?? m.at(0));

function filtered() {
  const words = searchWords();
  const shown = new Set(shownColumns());
  const rows = state.differ ? new Set(index.rows.filter((row) => differs(row, state.differ, shown))) : null;
  const wanted = { ...state, words, shown, rows };
  const found = cells.filter((cell) => matches(cell, wanted));
  const key = SORTS[state.sort.replace("-", "")];
  if (!key) return found;
  const way = state.sort.startsWith("-") ? -1 : 1;
  return found.sort((a, b) => {
    const x = key(a), y = key(b);
    if (x === y) return a.i - b.i;
    // Absent figures stand last, whichever way is sorted.
    if (x === null) return 1;
    if (y === null) return -1;
    return (x < y ? -1 : 1) * way;
  });
}
