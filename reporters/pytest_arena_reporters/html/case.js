// A case's page: all columns side by side by turns, assertions as a matrix, any two texts as a diff.
const NARROWEST = 230;
// On paper more columns than these stand one below the other.
const MOST_ON_PAPER = 4;
const caseKey = (row) => `${row.file}::${row.name}`;
const caseLink = (row) => linkTo({ view: "case", id: caseKey(row), trial: null, with: "", left: "", right: "" });

async function showCase() {
  const row = index.rows.find((one) => caseKey(one) === state.id);
  const page = $("case");
  if (!row) {
    page.replaceChildren(node("h1", { text: "No such case" }), node("p", {}, node("a", { href: "#cells", text: "All cells" })));
    return;
  }
  const own = new Map(row.cells.map((c) => [c.provider, c]));
  const cellsShown = columnsIn(row).map((p) => own.get(p)).filter(Boolean);
  const columns = await Promise.all(cellsShown.map(columnOf));
  if (columns.some(({ record }) => record.trials.some((trial) => trial.messages.some((m) => m.pictures)))) await loadPictures();
  const read = [caseCrumbs(row), caseHeading(row, columns)];
  if (state.blind) page.replaceChildren(...read, sideBySide(columns));
  else page.replaceChildren(...read, ...[caseTrials(columns), sideBySide(columns), assertionMatrix(columns), figureMatrix(columns), anyTwo(columns)].filter(Boolean));
  document.title = `${row.name} · arena report`;
}

// A cell with the trial that is looked at: the one that was chosen, else the one that stands for the cell.
async function columnOf(cell) {
  const { record, text } = await recordOf(cell);
  const trials = [...record.trials, ...(record.confirmation ?? [])];
  const at = state.trial ?? shownAt(cell, record);
  return { cell, record, text, trials, at, trial: at < trials.length ? trials.at(at) : undefined, name: nameIn(cell.case, cell.provider) };
}

function caseCrumbs(row) {
  if (!found.some((cell) => cell.case === row)) found = filtered();
  const rows = [...new Set(found.map((cell) => cell.case))], at = rows.indexOf(row);
  const step = (to, label) => (to ? node("a", { href: caseLink(to), text: label }) : node("span", { text: label }));
  return node("div", { class: "crumbs" }, node("a", { href: linkTo({ view: "cells" }), text: "← Cells" }),
    rawLink(), node("span", { class: "spacer" }),
    at < 0 ? null : node("span", { text: `${number(at + 1)} of ${number(rows.length)}` }), step(at > 0 ? rows.at(at - 1) : null, "Previous"), step(at >= 0 ? rows.at(at + 1) : null, "Next"));
}

const rawLink = () => node("a", { href: linkTo({ raw: !state.raw }), text: state.raw ? "Laid out" : "Raw text" });

function caseHeading(row, columns) {
  const description = columns.map(({ record }) => record.description).find(Boolean);
  return node("div", { class: "cell-head" }, node("h1", { text: row.name, tabindex: "-1" }), description ? node("p", { text: description }) : null,
    node("p", {}, node("code", { text: `${row.file}${row.line ? `:${row.line}` : ""}` }), row.tags.map((t) => [" ", node("span", { class: "tag", text: t })]).flat()), variablesOf(row, Infinity));
}

// A tab for each trial, with its verdict in every column; the first has the trials that stand for the cells.
function caseTrials(columns) {
  const run = Math.max(0, ...columns.map(({ record }) => record.trials.length)), most = Math.max(0, ...columns.map(({ trials }) => trials.length));
  if (most < 2) return null;
  const tab = (at, label, verdicts, title) => node("a", { href: linkTo({ trial: at }), "aria-current": at === state.trial ? "page" : null, title }, label,
    node("span", {}, verdicts.slice(0, 8).map((verdict) => (verdict ? mark(verdict) : node("span", { class: "dim", text: "·" })))));
  return node("nav", { class: "tabs", "aria-label": "Trials" }, tab(null, "By verdict", columns.map(({ cell }) => cell.verdict), "of each column the first trial with its verdict"),
    [...Array(most).keys()].map((at) => tab(at, at < run ? `Trial ${at + 1}` : `Fresh ${at - run + 1}`, columns.map(({ trials }) => (at < trials.length ? trials.at(at).verdict : null)))));
}

// The columns, each followed by the baseline's answer where that was kept.
function sideBySide(columns) {
  const told = columns.map((column) => ({ ...column, ...(column.trial ? turnsOf(column.trial, column.text) : { system: "", turns: [] }) }));
  const reference = told.find(({ name }) => name === state.against);
  withDifferences(told, reference);
  const answer = (column) => (column?.trial ? lastAnswer(column.trial, column.text) : null);
  const placed = told.flatMap((column) => {
    const before = column.record.standing?.output_before;
    return before === undefined || state.blind ? [column] : [column, { ...column, before: column.text(before) }];
  });
  const marks = (column) => {
    const [theirs, own] = [answer(reference), answer(column)];
    return column === reference || !theirs || !own || theirs === own ? null : (most) => marked(wordDiff(...comparable(theirs, own)), most);
  };
  const most = Math.max(1, ...told.map(({ turns }) => turns.length));
  const rows = [];
  const shared = (label, texts, sent = []) => {
    const given = placed.map((column) => (column.before === undefined ? texts(column) : null));
    const all = [...new Set(given.filter((words) => words !== null && words !== ""))];
    if (!all.length) return;
    rows.push(node("tr", { class: "asked" }, node("th", { colspan: placed.length, scope: "rowgroup" }, node("div", { class: "stays" }, node("span", { text: label }), all.length === 1 ? longText(all.at(0), null, label) : null, picturesOf({ pictures: sent }, picturesAtHand)))));
    if (all.length > 1) rows.push(node("tr", { class: "asked" }, given.map((words) => node("td", {}, words ? longText(words, null, label) : null))));
  };
  shared("system", ({ system }) => system);
  for (let turn = 0; turn < most; turn++) {
    shared(most > 1 ? `user, turn ${turn + 1}` : "user", ({ turns }) => turns.at(turn)?.asked ?? null,
      told.map(({ turns }) => turns.at(turn)?.pictures ?? []).find((sent) => sent.length));
    rows.push(node("tr", { class: "said-row" }, placed.map((column) => node("td", {}, node("p", { class: "whose dim", text: headName(column) }), saidIn(column, turn, turn === most - 1, marks(column))))));
  }
  rows.push(node("tr", { class: "label-row" }, placed.map(({ cell, at, trial, before }) => node("td", {}, before === undefined && trial?.responses.length ? labelling(cell, at, { note: true }) : null))));
  const table = node("table", { class: "beside-each-other" }, node("thead", {}, node("tr", {}, placed.map((column) => caseColumnHead(column)))), node("tbody", {}, rows));
  table.style.setProperty("--columns", placed.length);
  return node("section", {}, node("h2", { class: "sr", text: "Answers" }), node("div", { class: `sideways${placed.length * NARROWEST > innerWidth ? " many" : ""}${placed.length > MOST_ON_PAPER ? " lots" : ""}`, tabindex: 0, role: "region", "aria-label": "Answers side by side" }, table));
}

const headName = ({ name, before }) => (before === undefined ? name : `${name}, baseline`);

function saidIn(column, turn, last, marks) {
  if (column.before !== undefined) return last ? longText(column.before, null, "baseline's answer") : null;
  const said = column.turns.at(turn)?.said ?? [];
  if (said.length) return [said.map((one) => utterance(one, one.role === "answer" ? marks : null, column.difference)), last ? goesOn(column) : null];
  if (!last || column.trial?.responses.length) return null;
  return node("p", { class: "dim", text: column.trial ? "There was no answer." : column.trials.length ? `There is no trial ${state.trial + 1}.` : column.record.reason ?? "It was not run." });
}

// What the column that is compared with did beyond the last call of this one.
function goesOn({ difference }) {
  return difference?.goesOn ? node("div", { class: "said timeline" }, node("p", { class: "tag goes-on", text: `first difference to ${difference.of}, which goes on: ${shorter(difference.goesOn, 160)}` })) : null;
}

// Where the calls of an agent begin to differ from those of the column that is compared with.
function withDifferences(told, reference) {
  const worked = told.filter(({ trial }) => trial?.responses.some((response) => response.steps));
  const first = worked.includes(reference) ? reference : worked.at(0);
  for (const column of worked) {
    const found = column === first || state.blind ? null : firstDifference(first.trial, column.trial);
    if (found) column.difference = { differs: found.at, goesOn: found.goesOn, of: first.name };
  }
}

function caseColumnHead(column) {
  const { cell, record, trial, name, before } = column;
  if (before !== undefined) return node("th", { scope: "col", class: "then" }, node("b", { text: headName(column) }), node("p", { class: "dim", text: `passed ${tally(record.standing.before)}` }));
  if (state.blind) return node("th", { scope: "col" }, node("b", { text: `Answer ${name}` }));
  const verdict = trial?.verdict ?? cell.verdict, status = hasChanged(cell) ? statusOf(cell) : "";
  const why = (trial ? reasonsOf(trial) : cell.verdict === "p" ? [] : reasons(record)).at(0);
  const figures = trial ? figureRows(trial, column.text).filter(([key, value]) => ["Latency", "Cost"].includes(key) && value !== "–").map(([, value]) => value).join(" · ") : "";
  return node("th", { scope: "col" }, node("div", { class: "name" }, node("span", { class: `dot f${cell.provider % 8}` }), columnName(name), name === state.against ? node("span", { class: "tag", text: "reference" }) : null),
    node("p", { class: "line" }, node("a", { class: `v-${verdict}`, href: cellLink(cell), "aria-label": `${VERDICTS[verdict]}: all of ${name}` }, `${MARKS[verdict]} ${VERDICTS[verdict]}`), status && status !== VERDICTS[verdict] ? node("b", { text: status }) : null,
      cell.flaky ? flakyMark() : null, node("span", { class: "dim", text: figures })),
    why ? node("p", { class: `why v-${verdict}`, text: shorter(why, 400) }) : null, record.load?.words ? node("p", { class: "dim", text: record.load.words }) : null);
}

// Any two answers of the case, of whichever column, trial or run.
function anyTwo(columns) {
  const texts = new Map();
  for (const { name, record, text, trials } of columns) {
    trials.forEach((trial, at) => {
      const answer = lastAnswer(trial, text);
      if (answer !== null) texts.set(`${name}#${at + 1}`, { label: trials.length > 1 ? `${name}, trial ${at + 1}` : name, words: answer });
    });
    if (record.standing?.output_before !== undefined) texts.set(`${name}#baseline`, { label: `${name}, baseline`, words: text(record.standing.output_before) });
  }
  if (texts.size < 2) return null;
  const keys = [...texts.keys()];
  const here = (name, otherwise) => (texts.has(state[name]) ? state[name] : otherwise);
  const usual = columns.map(({ name, at }) => `${name}#${at + 1}`).filter((key) => texts.has(key));
  const left = here("left", usual.at(0) ?? keys.at(0)), right = here("right", [...usual, ...keys].find((key) => key !== left));
  const select = (name, label, value) => {
    const made = node("select", { "aria-label": label, onchange: (e) => refine({ [name]: e.target.value }) }, keys.map((key) => node("option", { value: key, text: texts.get(key).label })));
    made.value = value;
    return made;
  };
  const [first, second] = [texts.get(left), texts.get(right)];
  return node("section", {}, node("h2", { text: "Word by word" }), node("div", { class: "compare" }, select("left", "First text", left), node("span", { text: "against" }), select("right", "Second text", right)),
    answerDiff(first.words, second.words, "diff-case", first.label, second.label));
}
