// How a cell stands beside the baseline: counts, reason, what changed, and its answer then.
const pValue = (p) => (p < 0.001 ? "p < .001" : p > 0.9995 ? "p = 1" : `p = ${p.toFixed(3).replace("0.", ".")}`);
const tally = (count) => (count ? `${number(count.passed)} of ${number(count.judged)}` : "–");

function standing(cell, record) {
  const own = record.standing;
  if (!index.statuses || !own) return null;
  const rows = [["Trials that passed", `${tally(own.before)} → ${tally(own.now)}`],
    ["Fresh trials", own.fresh ? `${tally(own.fresh)} passed` : null],
    ["p, adjusted", own.p_value === undefined ? null : pValue(own.p_value).replace(/^p (= )?/, "")],
    ["Changed", own.changed ? own.changed.join(", ") : own.before ? "nothing that is asked or demanded" : null],
    ["Not as it was", own.differences ? own.differences.join("; ") : null],
    ["Worse in", own.dropped ? own.dropped.map(placeOf).join(", ") : null], ["Once named", own.renamed_from]];
  return node("section", {}, node("h2", { text: "Since the baseline" }),
    node("p", { class: "stands" }, node("b", { text: statusOf(cell) }), ": ", node("span", { text: own.reason })), facts(rows));
}

// Names an assertion by its place: "2:any_of/1:refusal" is the second member of the third.
function placeOf(place) {
  return place.split("/").map((part) => {
    const { at, type } = /^(?<at>\d+):(?<type>.*)$/.exec(part)?.groups ?? {};
    return at ? `${type} (no. ${Number(at) + 1})` : part === "all" ? "over all trials" : part;
  }).join(" › ");
}

function sinceBaseline(cell, trial, record, text) {
  const own = record.standing;
  if (!index.statuses || !own) return null;
  const parts = [];
  if (own.prompt_diff) parts.push(node("h2", { text: "What changed in the prompt" }), promptDiff(own.prompt_diff));
  if (own.output_before !== undefined) {
    parts.push(node("h2", { text: "Against the baseline's answer" }),
      ...answerDiff(text(own.output_before), lastAnswer(trial, text), "diff-baseline", "the baseline", "this run"));
  }
  return parts.length ? node("section", {}, parts) : null;
}

function promptDiff(lines) {
  const shown = lines.filter((line) => !/^(--- |\+\+\+ )/.test(line));
  return node("div", { class: "diff lines" }, shown.map((line) =>
    node({ "+": "ins", "-": "del" }[line.charAt(0)] ?? "span", { text: line })));
}

function answerDiff(theirs, own, id, then, here) {
  if (own === null) return [node("p", { class: "dim", text: "There is no answer to compare." })];
  if (theirs === own) return [node("p", { class: "dim", text: "The answers are equal." })];
  const [first, second] = comparable(theirs, own);
  if (first === second) return [node("p", { class: "dim", text: "Both hold the same JSON, laid out in different ways." })];
  return [node("div", { class: "diff", id }, wordDiff(first, second).map(({ kind, words }) => node(kind || "span", { text: words }))),
    node("p", { class: "note", text: `Struck: only ${then} says so. Underlined: only ${here} does.` })];
}
