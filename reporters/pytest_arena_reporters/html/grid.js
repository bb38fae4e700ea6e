// The grid: a row for each case, a column for each provider, in each cell the answer itself.
const SHORT = 450;
const FULL = 4000;
// Of an excerpt so many characters are surely in sight; words that are searched for have some before them.
const VISIBLE = 120;
const LEAD = 60;
// A comparison in the grid must not be felt; the case's page has all of it.
const MOST_GRID_STEPS = 150000;
// Nor must all comparisons of a frame: rows that come when the time is spent, and those that are leapt
// over, get theirs when they are still in sight after a moment without scrolling.
const COMPARING_MS = 8;
const STILL_MS = 100;
let spent = 0;
let settling = null;
// On paper nothing comes later.
let printing = false;
const unmarked = new Set();
const GUESSES = { ticks: 40, short: 140, full: 320 };
const PHONE_GUESSES = { ticks: 48, short: 180, full: 420 };
// Columns that have no cell in any row that is left would only be gaps.
let gridColumns = [];
const opened = new Set();
const whole = new Set();

// Ticks show nothing but verdicts, which are hidden from who reads blind.
const density = () => (state.blind && state.density === "ticks" ? "short" : state.density);
const guess = () => (matchMedia("(max-width:720px)").matches ? PHONE_GUESSES : GUESSES)[density()];

function gridTable(rows) {
  const present = new Set(rows.flatMap((row) => row.cells.map((cell) => cell.provider)));
  gridColumns = shownColumns().filter((p) => present.has(p));
  const shown = state.blind ? gridColumns.slice(0, Math.max(...rows.map((row) => columnsIn(row).length))) : gridColumns;
  const head = node("div", { class: "head", role: "row" }, node("div", { role: "columnheader", class: "case", text: "Case" }), state.blind ? shown.map((_, at) => node("div", { role: "columnheader" }, node("b", { text: `Answer ${letter(at)}` }))) : shown.map(columnHead));
  const body = node("div", { class: "rows", role: "rowgroup", id: "rows" });
  const table = node("div", { class: `grid ${density()}`, role: "table", "aria-label": "Answers", "aria-colcount": shown.length + 1, "aria-rowcount": rows.length + 1 },
    sideways(node("div", { role: "rowgroup", class: "sideways heads" }, head), node("div", { role: "presentation", class: "sideways" }, body)));
  table.style.setProperty("--columns", shown.length);
  return table;
}

// A head that stays in view cannot stand in what scrolls sideways, so that the two follow each other.
function sideways(head, body) {
  const follow = (from, to) => () => { if (to.scrollLeft !== from.scrollLeft) to.scrollLeft = from.scrollLeft; };
  head.addEventListener("scroll", follow(head, body), { passive: true });
  body.addEventListener("scroll", follow(body, head), { passive: true });
  return [head, body];
}

function columnName(name) {
  if (index.providers.length < 2) return node("b", { text: name, title: name });
  const on = name === state.against;
  return node("button", { type: "button", "aria-pressed": String(on), title: on ? "Mark no differences" : `Mark what differs from ${name}`, onclick: () => refine({ against: on ? "" : name }) }, node("b", { text: name }));
}

function columnHead(at) {
  const { passed, judged, errors, p50, cost_a_case: cost, at_least: least } = index.figures.at(at);
  const name = index.providers.at(at);
  const rate = judged ? percent(passed / judged) : "no verdict";
  return node("div", { role: "columnheader" },
    node("div", { class: "name" }, node("span", { class: `dot f${at % 8}` }), columnName(name),
      node("span", { class: "rate-here", title: `${number(passed)} of ${number(judged)} judged cells passed`, text: rate }, node("span", { class: "sr", text: judged ? " passed" : "" }))),
    node("div", { class: "figures" }, name === state.against ? node("span", { class: "tag", text: "reference" }) : null,
      errors ? node("span", { class: "v-e", text: plural(errors, "error") }) : null,
      node("span", { text: milliseconds(p50), title: "median latency" }),
      node("span", { text: `${dollars(cost)}${least && cost !== null ? "+" : ""}`, title: "cost a case" })));
}

const isOpen = (row) => density() === "full" || opened.has(row);

function gridRow(row, at) {
  const own = new Map(row.cells.map((c) => [c.provider, c]));
  const begun = performance.now();
  let reference = state.against && !state.blind ? own.get(index.providers.indexOf(state.against)) : null;
  if (reference && !printing && (list?.leaping || spent > COMPARING_MS)) {
    unmarked.add(row);
    settleSoon(STILL_MS);
    reference = null;
  }
  const made = node("div", { class: `row${isOpen(row) ? " open" : ""}${at === chosen ? " chosen" : ""}`, role: "row" },
    density() === "ticks" ? node("div", { role: "rowheader", class: "case" }, node("a", { href: caseLink(row), text: row.name, title: row.name })) : caseHead(row),
    (state.blind ? columnsIn(row) : gridColumns).map((p) => {
      const cell = own.get(p);
      if (!cell) return node("div", { role: "cell", class: "none dim" }, node("span", { class: "sr", text: "not run" }));
      return density() === "ticks" ? tick(cell) : answerCell(cell, reference, isOpen(row));
    }));
  if (reference) spent += performance.now() - begun;
  return made;
}

function settleSoon(after) {
  clearTimeout(settling);
  settling = setTimeout(settle, after);
}

// After a leap the rows around those in sight are made; then one row after another gets its marks, and the
// page goes on with what else there is in between.
function settle() {
  if (list?.leaping) {
    draw();
    return;
  }
  spent = 0;
  const inSight = new Set(list ? [...list.nodes.keys()].map((at) => items.at(at)) : []);
  for (const row of unmarked) {
    unmarked.delete(row);
    if (!inSight.has(row)) continue;
    list.again((item) => item === row);
    break;
  }
  if (unmarked.size) settleSoon(0);
}

function caseHead(row) {
  const open = isOpen(row);
  return node("div", { role: "rowheader", class: "case" },
    node("a", { class: "title", href: caseLink(row), text: row.name }),
    index.files.length > 1 && !state.file ? node("p", { class: "file dim", text: row.file, title: row.file }) : null,
    variablesOf(row, open ? Infinity : 3), picturesOf(row, picturesAtHand),
    node("p", { class: "prompt dim", text: shorter(row.prompt ?? "", open ? FULL : SHORT) }),
    density() === "full" ? null : node("button", { type: "button", class: "link more", "aria-expanded": String(open), "aria-label": `${open ? "Less" : "More"} of ${row.name}`, onclick: () => unfold(row), text: open ? "Less" : "More" }));
}

function variablesOf({ variables }, most) {
  if (!variables.length) return null;
  const left = variables.length - most;
  return node("p", { class: "variables" }, variables.slice(0, most).map(([name, value]) => node("span", { class: "chip", title: `${name}: ${value}` }, node("b", { text: name }), ` ${value}`)),
    left > 0 ? node("span", { class: "dim", text: `and ${number(left)} more` }) : null);
}

function unfold(row) {
  if (!opened.delete(row)) opened.add(row);
  list.again((item) => item === row);
}

function tick(cell) {
  const status = hasChanged(cell) ? statusOf(cell) : "", time = cell.latency !== null ? milliseconds(cell.latency) : "";
  return node("div", { role: "cell" }, node("a", { class: `tick v-${cell.verdict}${showList.kept.has(cell) ? "" : " off"}`, href: cellLink(cell), "data-status": status || null,
    "aria-label": [time, VERDICTS[cell.verdict], status, cell.flaky ? "flaky" : "", index.providers[cell.provider], cell.case.name].filter(Boolean).join(", "),
    text: (status || time) + (cell.flaky ? " ≈" : "") }));
}

function answerCell(cell, reference, open) {
  const status = hasChanged(cell) ? statusOf(cell) : "";
  const changed = status === VERDICTS[cell.verdict] ? "" : status;
  const text = cell.shown ? answerText(cell, reference, open) : node("p", { class: "text dim", text: "…" });
  if (state.blind) return node("div", { role: "cell", class: "answer" }, text, cell.shown ? chips(cell.shown.calls, open) : null, thumbs(cell));
  const label = [VERDICTS[cell.verdict], changed, cell.flaky ? "flaky" : "", index.providers[cell.provider], cell.case.name].filter(Boolean).join(", ");
  return node("div", { role: "cell", class: `answer${showList.kept.has(cell) ? "" : " off"}`, "data-verdict": cell.verdict },
    node("p", { class: "line" }, node("a", { class: `v-${cell.verdict}`, href: cellLink(cell), "aria-label": label }, `${MARKS[cell.verdict]} ${VERDICTS[cell.verdict]}`),
      cell.flaky ? flakyMark() : null, changed ? node("b", { class: "changed", text: changed }) : null),
    cell.shown?.stopped ? node("p", { class: "why v-e", text: shorter(`Stopped: ${cell.shown.stopped}`, open ? FULL : SHORT) }) : null,
    cell.shown ? [cell.shown.why ? node("p", { class: `why v-${cell.verdict}`, text: shorter(cell.shown.why, open ? FULL : SHORT) }) : null,
      text, chips(cell.shown.calls, open)] : text,
    node("p", { class: "figures", text: figuresLine(cell) }), thumbs(cell));
}

const thumbs = (cell) => (state.labels && cell.said >= 0 && cell.shown ? labelling(cell, cell.shown.at) : null);

function figuresLine(cell) {
  const passed = cell.shown?.passed;
  const said = [cell.latency === null ? null : milliseconds(cell.latency), cell.cost === null ? null : dollars(cell.cost),
    cell.trials > 1 && passed !== undefined ? `${number(passed)} of ${plural(cell.trials, "trial")} passed` : null];
  return said.filter(Boolean).join(" · ");
}

function answerText(cell, reference, open) {
  const { answer } = cell.shown;
  if (answer === null) return cell.verdict === "s" ? null : node("p", { class: "text dim", text: "There was no answer." });
  if (!answer) return cell.shown.calls.length ? null : node("p", { class: "text dim", text: "(empty)" });
  const theirs = reference && reference !== cell ? reference.shown?.answer : null;
  const [first, second] = theirs ? comparable(theirs, answer) : [null, answer];
  if (first === second) return node("p", { class: "text dim", text: theirs === answer ? `Says the same as ${state.against}.` : `Holds the same JSON as ${state.against}.` });
  const parts = theirs ? wordDiff(first, second, MOST_GRID_STEPS) : null;
  return open ? openAnswer(cell, parts) : node("div", { class: "text" }, excerpt(answer, parts));
}

// The first lines of an answer, without empty ones.
function excerpt(answer, parts) {
  const dense = (words) => words.replace(/\n\s*\n/g, "\n");
  return parts ? marked(parts, SHORT, dense) : highlighted(answer, SHORT, VISIBLE, dense) ?? shorter(dense(answer.slice(0, 4 * SHORT)), SHORT);
}

function openAnswer(cell, parts) {
  const { answer } = cell.shown, all = whole.has(cell), most = all ? Infinity : FULL;
  const words = parts ? marked(parts, most) : highlighted(answer, most, most);
  const form = words || state.raw ? null : rendered(answer.length > most ? answer.slice(0, most) : answer);
  const text = form ? node("div", { class: "text markup" }, form) : node("div", { class: "text" }, words ?? shorter(answer, most));
  if (answer.length <= FULL) return text;
  if (all) {
    wholeText(text, `The whole answer of ${nameIn(cell.case, cell.provider)}`);
    return text;
  }
  return [text, node("button", { type: "button", class: "link", text: `All ${number(answer.length)} characters`, onclick: () => { whole.add(cell); list.again((item) => item === cell.case); } })];
}

// The text from a little before the first word that is searched for, with all of these marked.
function highlighted(text, most, visible, fit = String) {
  const words = searchWords();
  if (!words.length) return null;
  const pattern = new RegExp(words.map((word) => word.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&")).join("|"), "gi");
  const first = text.search(pattern);
  if (first < 0) return null;
  const from = first < visible ? 0 : Math.max(first - 2 * LEAD, text.lastIndexOf(" ", first - LEAD) + 1);
  const shown = (from ? "…" : "") + shorter(fit(text.slice(from, from + 4 * most)), most);
  const made = [];
  let end = 0;
  for (const match of shown.matchAll(pattern)) {
    made.push(shown.slice(end, match.index), node("mark", { class: "sought", text: match.at(0) }));
    end = match.index + match.at(0).length;
  }
  return [...made, shown.slice(end)];
}

// The words that only this answer has, up to so many characters.
function marked(parts, most, fit = String) {
  const made = [];
  let left = most;
  for (const { kind, words } of parts) {
    if (kind === "del") continue;
    const text = shorter(fit(words), left);
    made.push(kind ? node("mark", { class: "differs", text }) : text);
    left -= words.length;
    if (left <= 0) break;
  }
  return made;
}

function chips(calls, open) {
  if (!calls.length) return null;
  const runs = [];
  for (const call of calls) {
    const same = runs.at(-1)?.call;
    if (same && same.name === call.name && same.arguments === call.arguments && same.error === call.error) runs.at(-1).times += 1;
    else runs.push({ call, times: 1 });
  }
  const shown = runs.slice(0, open ? 50 : 3), left = runs.slice(shown.length).reduce((sum, { times }) => sum + times, 0);
  return node("p", { class: "calls" }, shown.map(({ call, times }) => node("span", { class: `chip${call.error === undefined ? "" : " v-e"}`, title: "tool call" },
    node("b", { text: shorter(call.name, 80) }), times > 1 ? node("b", { class: "times", text: ` × ${number(times)}` }) : null, node("span", { text: ` ${shorter(call.arguments, open ? 400 : 60)}` }))),
    left ? node("span", { class: "dim", text: `and ${number(left)} more` }) : null);
}

// Rows whose texts are still packed are made again once they are there.
async function fillRows(items) {
  const missing = new Set(items.flatMap((row) => row.cells).filter((c) => c.shown === null).map(chunkOf)), table = list;
  await Promise.all([...missing].map(loadChunk));
  const pictured = new Set(items.filter((row) => row.pictures.some((hash) => !(hash in picturesAtHand))));
  const held = pictured.size ? await loadPictures() : {};
  if (table === list) list.again((row) => row.cells.some((c) => missing.has(chunkOf(c))) || (pictured.has(row) && row.pictures.some((hash) => hash in held)));
}
