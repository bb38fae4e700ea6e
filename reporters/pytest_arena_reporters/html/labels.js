// What a person says of answers: good or bad, with a note. It is kept in this browser, for this run.
let kept = { labels: {}, votes: {} };
let keptWell = true;
const keptAt = () => `pytest-arena labels ${index.run}`;

function readKept() {
  try {
    const { labels, votes } = JSON.parse(localStorage.getItem(keptAt()) ?? "{}");
    kept = { labels: { ...labels }, votes: { ...votes } };
  } catch {
    // Private windows may refuse to keep anything, and others may write there; labels then last as long as the page.
    keptWell = false;
  }
}

function keep() {
  try {
    localStorage.setItem(keptAt(), JSON.stringify(kept));
    keptWell = true;
  } catch {
    keptWell = false;
  }
  showLabelBar();
}

const labelKey = (cell, at) => `${cell.key}#${at + 1}`;

function setLabel(cell, at, change) {
  const key = labelKey(cell, at), made = { ...kept.labels[key], ...change };
  if (made.label || made.note) kept.labels[key] = made;
  else delete kept.labels[key];
  keep();
}

// Two buttons, and where there is room a note, on the answer of one trial.
function labelling(cell, at, { note = false } = {}) {
  const own = () => kept.labels[labelKey(cell, at)] ?? {};
  const name = nameIn(cell.case, cell.provider);
  const buttons = Object.entries({ pass: "good", fail: "bad" }).map(([label, text]) => node("button", {
    type: "button", class: `thumb ${label}`, "aria-pressed": String(own().label === label), "aria-label": `${text}: ${name}, ${cell.case.name}`, text,
    onclick: () => {
      setLabel(cell, at, { label: own().label === label ? null : label });
      for (const button of buttons) button.setAttribute("aria-pressed", String(button.classList.contains(own().label)));
    } }));
  const box = note ? node("input", { type: "text", placeholder: "Note", "aria-label": `Note on ${name}`, value: own().note ?? "", onchange: (e) => setLabel(cell, at, { note: e.target.value.trim() }) }) : null;
  return node("div", { class: "labelling", role: "group", "aria-label": `Your label of ${name}` }, buttons, box);
}

// The labels whose answers this report has, with their cell and trial.
function givenLabels() {
  return Object.entries(kept.labels).flatMap(([key, given]) => {
    const { id, trial } = /^(?<id>.*)#(?<trial>\d+)$/s.exec(key)?.groups ?? {};
    const cell = byKey.get(id);
    return cell ? [{ cell, at: trial - 1, ...given }] : [];
  });
}

async function showLabelBar() {
  $("label-bar").hidden = !state.labels || state.view !== "cells";
  if ($("label-bar").hidden) return;
  const given = givenLabels(), all = given.filter(({ label }) => label), good = all.filter(({ label }) => label === "pass").length;
  const words = all.length ? `${plural(all.length, "label")}: ${number(good)} good, ${number(all.length - good)} bad.` : "Say of each answer whether it is good or bad.";
  const [shown, votes] = [await agreements(all), Object.keys(kept.votes).length];
  $("label-bar").replaceChildren(node("span", { role: "status", text: words }),
    node("button", { type: "button", class: "link", disabled: !all.length, onclick: exportLabels, text: "Save as CSV" }),
    index.providers.length > 1 ? node("a", { href: linkTo({ view: "pairs" }), text: votes ? `Compare pairs (${number(votes)} voted)` : "Compare pairs" }) : "",
    given.length > all.length ? node("span", { text: `${plural(given.length - all.length, "note")} without a label will not be in the file.` }) : "",
    keptWell ? "" : node("b", { class: "v-e", text: "This browser keeps nothing: save before you leave." }), shown && !state.blind ? agreementTable(shown) : "");
}

// What a spreadsheet would take for a formula; spreadsheet.py knows the same, and why.
const FORMULA = /^[=+\-@\t\r\n＝＋－＠]/;

// Such a text gets an apostrophe in front, and the last column names those of a row that got one:
// whoever reads the file again takes just these back.
function csv(head, rows) {
  const field = (value) => (/[",\r\n]|^\s|\s$/.test(value) ? `"${value.replaceAll('"', '""')}"` : value);
  const guarded = (row) => [...row.map((value) => (FORMULA.test(value) ? `'${value}` : value)), head.filter((_, at) => FORMULA.test(row.at(at))).join(" ")];
  return [[...head, "apostrophe"], ...rows.map((row) => guarded(row.map((value) => String(value ?? ""))))]
    .map((row) => `${row.map(field).join(",")}\r\n`).join("");
}

function download(name, text) {
  const address = URL.createObjectURL(new Blob([text], { type: "text/csv" }));
  node("a", { href: address, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(address), 1000);
}

async function exportLabels() {
  const shown = new Set(shownColumns());
  const given = givenLabels().filter(({ cell, label }) => label && shown.has(cell.provider)).sort((a, b) => a.cell.i - b.cell.i || a.at - b.at);
  const rows = [];
  for (const { cell, at, label, note } of given) {
    const { record, text } = await recordOf(cell);
    const trial = [...record.trials, ...(record.confirmation ?? [])].at(at);
    const asked = trial?.messages.filter((m) => m.role === "user").at(-1);
    rows.push([cell.case.name, index.providers.at(cell.provider), at + 1, asked ? text(asked.text) : "", lastAnswer(trial, text), label, note, cell.case.file]);
  }
  download("labels.csv", csv(["case", "provider", "trial", "prompt", "output", "label", "note", "file"], rows));
}
