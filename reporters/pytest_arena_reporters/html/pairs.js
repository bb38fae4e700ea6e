// Two answers of a case without their names: which one is better? Votes are kept as labels are.
const CHOICES = { left: "Left is better", tie: "Both alike", right: "Right is better" };
const voteKey = (row, first, second) => JSON.stringify([caseKey(row), index.providers.at(first), index.providers.at(second)]);

// Every pair of shown columns whose answers to a case are not the same, mixed.
function allPairs() {
  const cases = [...new Set((found.length ? found : (found = filtered())).map((cell) => cell.case))];
  const shown = shownColumns().sort((a, b) => a - b);
  const pairs = cases.flatMap((row) => {
    const own = new Map(row.cells.filter((c) => c.said >= 0).map((c) => [c.provider, c]));
    return shown.flatMap((first, at) => shown.slice(at + 1).filter((second) => own.has(first) && own.has(second) && own.get(first).said !== own.get(second).said)
      .map((second) => ({ row, first: own.get(first), second: own.get(second), key: voteKey(row, first, second) })));
  });
  return shuffled(pairs, `${index.run} pairs`);
}

let skipped = new Set();

async function showPairs() {
  const page = $("pairs"), pairs = allPairs();
  const open = pairs.filter(({ key }) => !(key in kept.votes)), next = open.find(({ key }) => !skipped.has(key));
  const head = [node("div", { class: "crumbs" }, node("a", { href: linkTo({ view: "cells" }), text: "← Cells" })),
    node("h1", { text: "Which answer is better?" }),
    node("p", { class: "dim", role: "status", text: pairs.length ? `${number(pairs.length - open.length)} of ${plural(pairs.length, "pair")} voted.` : "No two shown columns answer a case differently." })];
  page.replaceChildren(...head, ...(next ? [await ballot(next)] : []), ...(await outcome(pairs, next)));
}

async function ballot({ row, first, second, key }) {
  const [left, right] = shuffled([first, second], `${index.run}${key}`);
  await Promise.all([loadChunk(chunkOf(left)), loadChunk(chunkOf(right))]);
  const vote = (side) => {
    const better = side === "left" ? left : side === "right" ? right : null;
    kept.votes[key] = better === null ? "tie" : better === first ? "first" : "second";
    keep();
    showPairs();
  };
  const side = (cell, name) => node("section", { "aria-label": name }, node("h2", { text: name }), cell.shown.answer ? longText(cell.shown.answer, null, name) : node("p", { class: "dim", text: "(empty)" }), chips(cell.shown.calls, true));
  return node("div", { class: "ballot" }, node("p", { class: "asked-here" }, node("b", { text: row.name }), node("span", { class: "prompt", text: shorter(row.prompt ?? "", FULL) })),
    node("div", { class: "two" }, side(left, "Left"), side(right, "Right")),
    node("div", { class: "choices" }, Object.entries(CHOICES).map(([name, text], at) => node("button", { type: "button", "data-choice": at + 1, onclick: () => vote(name) }, node("kbd", { text: String(at + 1) }), ` ${text}`)),
      node("button", { type: "button", class: "link", "data-choice": 4, onclick: () => { skipped.add(key); showPairs(); } }, node("kbd", { text: "4" }), " Skip")));
}

// Who won against whom, and whether verdicts and judges preferred the same answers.
async function outcome(pairs, next) {
  const voted = pairs.filter(({ key }) => key in kept.votes);
  if (!voted.length) return [];
  const rows = new Map();
  const told = { "Where one passed and one failed, you agree with the verdicts": { n: 0, same: 0 }, "You agree with the judge (preferred_over)": { n: 0, same: 0 } };
  const tell = (name, vote, judged) => {
    told[name].n++;
    if (vote === judged) told[name].same++;
  };
  for (const { first, second, key } of voted) {
    const vote = kept.votes[key], name = `${index.providers.at(first.provider)} against ${index.providers.at(second.provider)}`;
    if (!rows.has(name)) rows.set(name, { first: 0, tie: 0, second: 0 });
    rows.get(name)[vote]++;
    const verdicts = `${first.verdict}${second.verdict}`;
    if (/^(?:p[fx]|[fx]p)$/.test(verdicts)) tell("Where one passed and one failed, you agree with the verdicts", vote, verdicts.startsWith("p") ? "first" : "second");
    const judged = await judgedBetter(first, second);
    if (judged) tell("You agree with the judge (preferred_over)", vote, judged);
  }
  const words = Object.entries(told).filter(([, { n }]) => n).map(([name, { n, same }]) => `${name} on ${number(same)} of ${number(n)}.`);
  // While there are pairs to vote on, the outcome is folded away: it names the columns.
  return [node("details", { class: "outcome", open: !next }, node("summary", { text: "Your votes" }), node("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": "Your votes" }, node("table", { class: "plain" },
    node("thead", {}, node("tr", {}, ["Columns", "First is better", "Alike", "Second is better"].map((text, at) => node("th", { scope: "col", class: at ? "n" : null, text })))),
    node("tbody", {}, [...rows].map(([name, { first, tie, second }]) => node("tr", {}, node("th", { scope: "row", text: name }), [first, tie, second].map((n) => node("td", { class: "n", text: number(n) }))))))),
    words.map((text) => node("p", { text })), node("p", {}, node("button", { type: "button", class: "link", onclick: () => exportVotes(voted), text: "Save as CSV" })))];
}

// Which of two cells a judge preferred, where one of them was compared with the other.
async function judgedBetter(first, second) {
  for (const [cell, rival, ways] of [[first, second, ["second", "tie", "first"]], [second, first, ["first", "tie", "second"]]]) {
    const { record } = await recordOf(cell);
    const judged = flattened(shownTrial(cell, record)?.assertions ?? []).find((f) => f.judge?.rival === index.providers.at(rival.provider) && f.judge.preferred !== undefined);
    if (judged) return ways.at(Math.round(judged.judge.preferred * 2));
  }
  return null;
}

function exportVotes(voted) {
  const name = (cell) => index.providers.at(cell.provider);
  download("preferences.csv", csv(["case", "first", "second", "preferred", "file"], voted.map(({ row, first, second, key }) =>
    [row.name, name(first), name(second), { first: name(first), second: name(second), tie: "" }[kept.votes[key]], row.file])));
}
