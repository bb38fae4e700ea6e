// How far verdicts and judges agree with the labels that a person gave.
async function agreements(given) {
  const pairs = new Map();
  const add = (name, verdict, label) => {
    if (verdict !== "p" && verdict !== "f") return;
    if (!pairs.has(name)) pairs.set(name, []);
    pairs.get(name).push({ judged: verdict === "p", meant: label === "pass" });
  };
  for (const { cell, at, label } of given) {
    const { record } = await recordOf(cell);
    const trial = [...record.trials, ...(record.confirmation ?? [])].at(at);
    if (!trial) continue;
    add("The verdict", trial.verdict, label);
    for (const finding of flattened(trial.assertions)) if (finding.judge?.votes.length) add(`${finding.type}, by ${finding.judge.votes.map((v) => v.judge).join(", ")}`, finding.verdict, label);
  }
  return pairs.size ? [...pairs].map(([name, found]) => ({ name, ...agreement(found) })) : null;
}

const flattened = (list) => list.flatMap((f) => [f, ...flattened(f.group ?? [])]);

// Cohen's kappa: agreement beyond what the two shares of passes would bring by chance.
function agreement(found) {
  const n = found.length, count = (test) => found.filter(test).length;
  const same = count(({ judged, meant }) => judged === meant);
  const [judged, meant] = [count((f) => f.judged) / n, count((f) => f.meant) / n];
  const chance = judged * meant + (1 - judged) * (1 - meant);
  return { n, same, kappa: chance === 1 ? null : (same / n - chance) / (1 - chance),
    falsePass: count((f) => f.judged && !f.meant), falseFail: count((f) => !f.judged && f.meant) };
}

function agreementTable(rows) {
  return node("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": "Agreement with your labels" }, node("table", { class: "plain" },
    node("thead", {}, node("tr", {}, ["Agreement with your labels", "Agrees on", "Cohen's κ", "False passes", "False fails"].map((text, at) => node("th", { scope: "col", class: at ? "n" : null, text })))),
    node("tbody", {}, rows.map(({ name, n, same, kappa, falsePass, falseFail }) => node("tr", {}, node("th", { scope: "row", text: name }),
      [`${number(same)} of ${number(n)}`, kappa === null ? "–" : kappa.toFixed(2), number(falsePass), number(falseFail)].map((text) => node("td", { class: "n", text })))))));
}
