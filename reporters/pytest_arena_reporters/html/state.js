// What is shown, held in the URL's hash: #view?filter=…, or #cell?id=….
const VIEWS = ["overview", "cells", "cell", "run"];

function readState() {
  const [view, query = ""] = location.hash.slice(1).split(/\?(.*)/s);
  const given = new URLSearchParams(query);
  const list = (name) => (given.get(name) ?? "").split(",").filter(Boolean);
  return {
    view: VIEWS.includes(view) ? view : "overview",
    id: given.get("id") ?? "",
    trial: Math.max(0, Number.parseInt(given.get("trial") ?? "0", 10) || 0),
    with: given.get("with") ?? "",
    q: given.get("q") ?? "",
    verdict: list("verdict"),
    provider: given.get("provider") ?? "",
    tag: given.get("tag") ?? "",
    check: given.get("check") ?? "",
    since: given.get("since") ?? "",
    differ: given.get("differ") === "1",
    flaky: given.get("flaky") === "1",
    sort: given.get("sort") ?? "",
    layout: given.get("layout") === "cells" ? "cells" : given.get("layout") === "matrix" ? "matrix" : "",
  };
}

const CHANGED = "changed";
const FILTERS = ["q", "provider", "tag", "check", "since"];

function hashOf(state) {
  const query = new URLSearchParams();
  if (state.view === "cell") query.set("id", state.id);
  if (state.view === "cell" && state.trial) query.set("trial", state.trial);
  if (state.view === "cell" && state.with) query.set("with", state.with);
  if (state.view === "cell" || state.view === "cells") {
    for (const name of FILTERS) if (state[name]) query.set(name, state[name]);
    if (state.verdict.length) query.set("verdict", state.verdict.join(","));
    if (state.differ) query.set("differ", "1");
    if (state.flaky) query.set("flaky", "1");
    if (state.sort) query.set("sort", state.sort);
    if (state.layout) query.set("layout", state.layout);
  }
  const text = query.toString();
  return `#${state.view}${text ? `?${text}` : ""}`;
}

const linkTo = (change) => hashOf({ ...state, ...change });
const cellLink = (cell) => linkTo({ view: "cell", id: cell.key, trial: 0, with: "" });

// Replaces the address without a new entry in the history, as typing in a filter should.
function refine(change) {
  state = { ...state, ...change };
  history.replaceState(null, "", hashOf(state));
  show();
}

let state = readState();
const layout = () => state.layout || (index.providers.length > 1 ? "matrix" : "cells");

function matches(cell, wanted) {
  if (wanted.verdict.length && !wanted.verdict.includes(VERDICTS[cell.verdict])) return false;
  if (wanted.provider && index.providers[cell.provider] !== wanted.provider) return false;
  if (wanted.tag && !cell.case.tags.includes(wanted.tag)) return false;
  if (wanted.since && !(wanted.since === CHANGED ? hasChanged(cell) : statusOf(cell) === wanted.since)) return false;
  if (wanted.flaky && !cell.flaky) return false;
  if (wanted.differ && !cell.case.differs) return false;
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
  case: (c) => c.row, provider: (c) => c.provider, verdict: (c) => "efsp".indexOf(c.verdict),
  since: (c) => (c.status < 0 ? null : c.status), latency: (c) => c.latency, tokens: (c) => c.tokens, cost: (c) => c.cost,
};

function filtered() {
  // Words in any order; "several words" in quotes stand together.
  const words = [...state.q.toLowerCase().matchAll(/"(?<quoted>[^"]+)"|\S+/g)].map((m) => m.groups.quoted ?? m.at(0));
  const found = cells.filter((cell) => matches(cell, { ...state, words }));
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
