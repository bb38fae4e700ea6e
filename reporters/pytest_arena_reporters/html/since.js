// How a cell stands beside the baseline: counts, reason, what changed, and its answer then.
const pValue = (p) => (p < 0.001 ? "p < .001" : p > 0.9995 ? "p = 1" : `p = ${p.toFixed(3).replace("0.", ".")}`);
const tally = (count) => (count ? `${number(count[0])} of ${number(count[1])}` : "–");

function standing(cell, record) {
  const own = record[7];
  if (!index.statuses || !own) return null;
  const [reason, before, now, fresh, p, changed, dropped, , , oldName] = own;
  const rows = [["Trials that passed", `${tally(before)} → ${tally(now)}`],
    ["Fresh trials", fresh ? `${tally(fresh)} passed` : null],
    ["p, adjusted", p === null || p === undefined ? null : pValue(p).replace(/^p (= )?/, "")],
    ["Changed", changed ? changed.join(", ") : before ? "nothing that is asked or demanded" : null],
    ["Worse in", dropped ? dropped.map(placeOf).join(", ") : null], ["Once named", oldName]];
  return node("section", {}, node("h2", { text: "Since the baseline" }),
    node("p", { class: "stands" }, node("b", { text: statusOf(cell) }), ": ", node("span", { text: reason })), facts(rows));
}

// Names an assertion by its place: "2:any_of/1:refusal" is the second member of the third.
function placeOf(place) {
  return place.split("/").map((part) => {
    const [, at, type] = /^(\d+):(.*)$/.exec(part) ?? [];
    return at ? `${type} (no. ${Number(at) + 1})` : part === "all" ? "over all trials" : part;
  }).join(" › ");
}

function sinceBaseline(cell, trial, record, text) {
  const own = record[7];
  if (!index.statuses || !own) return null;
  const parts = [];
  if (own[7]) parts.push(node("h2", { text: "What changed in the prompt" }), promptDiff(own[7]));
  if (own[8] !== undefined && own[8] !== null) {
    parts.push(node("h2", { text: "Against the baseline's answer" }),
      ...answerDiff(text(own[8]), lastAnswer(trial, text), "diff-baseline", "the baseline", "this run"));
  }
  return parts.length ? node("section", {}, parts) : null;
}

function promptDiff(lines) {
  const shown = lines.filter((line) => !/^(--- |\+\+\+ )/.test(line));
  return node("div", { class: "diff lines" }, shown.map((line) =>
    node({ "+": "ins", "-": "del" }[line[0]] ?? "span", { text: line })));
}

function answerDiff(theirs, own, id, then, here) {
  if (own === null) return [node("p", { class: "dim", text: "There is no answer to compare." })];
  if (theirs === own) return [node("p", { class: "dim", text: "The answers are equal." })];
  return [node("div", { class: "diff", id }, wordDiff(theirs, own).map(([kind, part]) => node(kind || "span", { text: part }))),
    node("p", { class: "note", text: `Struck: only ${then} says so. Underlined: only ${here} does.` })];
}
