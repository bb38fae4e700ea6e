// A cell's page: verdict, transcript, assertions, figures, trials and the diff to another provider.
async function showCell() {
  const cell = byKey.get(state.id);
  const page = $("cell");
  if (!cell) {
    page.replaceChildren(node("h1", { text: "No such cell" }),
      node("p", {}, node("a", { href: "#cells", text: "All cells" })));
    return;
  }
  const { record, text } = await recordOf(cell);
  const trials = [...record[0], ...(record[6] ?? [])];
  const which = Math.min(state.trial, Math.max(0, trials.length - 1));
  const trial = trials[which];
  const said = reasons(record).join("\n");
  page.replaceChildren(
    crumbs(cell), heading(cell, record),
    node("div", { class: `verdict v-${cell.verdict}` }, node("b", { text: VERDICTS[cell.verdict] }),
      cell.flaky ? node("b", { class: "v-e", text: "flaky" }) : null, said || record[2] ? node("span", { text: said || record[2] }) : null),
    node("div", { class: "split" },
      node("div", {}, underLoad(record), trialTabs(record, which), trial ? transcript(trial, text) : null,
        sinceBaseline(cell, trial, record, text), await comparison(cell, trial, text, which)),
      node("div", {}, standing(cell, record), trial ? checks(trial, record, cell) : null, loadFigures(record), trial ? figuresOf(trial) : null, repeated(record), hashes(record))));
  document.title = `${cell.case.name} × ${index.providers[cell.provider]} · arena report`;
}

function crumbs(cell) {
  if (!found.includes(cell)) found = filtered();
  const at = found.indexOf(cell);
  const step = (to, label) => to ? node("a", { href: cellLink(to), text: label }) : node("span", { text: label });
  return node("div", { class: "crumbs" }, node("a", { href: linkTo({ view: "cells" }), text: "← Cells" }),
    node("span", { class: "spacer" }), at < 0 ? null : node("span", { text: `${number(at + 1)} of ${number(found.length)}` }),
    step(at > 0 ? found[at - 1] : null, "Previous"), step(at >= 0 ? found[at + 1] : null, "Next"));
}

function heading(cell, record) {
  const where = `${cell.case.file}${cell.case.line ? `:${cell.case.line}` : ""}`;
  return node("div", { class: "cell-head" }, node("h1", { text: cell.case.name, tabindex: "-1" }),
    record[3] ? node("p", { text: record[3] }) : null,
    node("p", {}, node("code", { text: where }), cell.case.tags.map((t) => [" ", node("span", { class: "tag", text: t })]).flat()),
    node("nav", { class: "tabs", "aria-label": "Providers" }, cell.case.cells.map((other) =>
      node("a", { href: cellLink(other), "aria-current": other === cell ? "page" : null },
        mark(other.verdict), index.providers[other.provider]))));
}

function trialTabs(record, which) {
  const [run, fresh, left] = [record[0].length, (record[6] ?? []).length, record[5] ?? 0];
  const tabs = (label, name, trials, from) => (trials.length < 2 && !from && !fresh ? null
    : node("nav", { class: "tabs", "aria-label": label }, trials.map((trial, n) =>
      node("a", { href: linkTo({ trial: from + n }), "aria-current": from + n === which ? "page" : null },
        mark(trial[0]), `${name} ${n + 1}`))));
  if (record[8]) return keptCalls(record, tabs("Kept calls", single(record[8]) ? "Call" : "Conversation", record[0], 0));
  const parts = [tabs("Trials", "Trial", record[0], 0)];
  if (left) parts.push(node("p", { class: "note", text: `${left} of ${plural(run + left, "trial")} ${left === 1 ? "was" : "were"} not run: the outcome could not change any more.` }));
  if (fresh) parts.push(node("p", { class: "note", text: "Fresh trials, made to confirm it; they alone decide:" }), tabs("Fresh trials", "Fresh", record[6], run));
  return parts;
}

function transcript(trial, text) {
  const [, messages, responses] = trial;
  const parts = messages.map((m) => [speech(m[0], text(m[1])), toolCalls(m[2])]).flat();
  const last = responses[responses.length - 1];
  if (last) parts.push(speech("answer", text(last[0]), true), toolCalls(last[10]));
  else parts.push(node("p", { class: "dim", text: "There was no answer." }));
  for (const event of trial[4] ?? []) {
    if (event[7] !== undefined && event[7] !== null) parts.push(speech(`answer before guardrail ${event[0]}`, text(event[7])));
  }
  return node("section", {}, node("h2", { text: "Transcript" }), parts);
}

function speech(role, text, answer = false) {
  if (!text && !answer) return null;
  return node("div", { class: `said${answer ? " answer" : ""}` }, node("h3", { text: role }),
    node("pre", { class: role === "tool" ? "code" : null, text: text || "(empty)" }));
}

function toolCalls(calls) {
  return (calls ?? []).map(([name, given]) => node("div", { class: "said" },
    node("h3", { text: `tool call: ${name}` }), node("pre", { class: "code", text: given })));
}

function checks(trial, record, cell) {
  const section = node("section", {}, node("h2", { text: "Assertions" }));
  const all = [...(record[1] ?? []), ...trial[3]];
  if (all.length) section.append(findings(all, cell));
  else section.append(node("p", { class: "dim", text: trial[5] ? "None was reached." : "There are none." }));
  if (trial[4]?.length) section.append(node("h2", { text: "Guardrails" }), findings(trial[4].map(
    (g) => [g[0], g[2] === "flag" ? "u" : "f", `${g[2]} on ${g[1]}: ${g[3]}`, g[5], g[6]]), cell));
  return section;
}

function findings(list, cell) {
  return node("ul", { class: "findings" }, list.map((f) => {
    const details = [f[2]];
    if (f[6] && !f[2].includes(f[6])) details.push(`expected: ${f[6]}`);
    if (f[5] !== undefined && f[5] !== null && f[5] !== 0 && f[5] !== 1) details.push(`score ${f[5]}`);
    if (f[7] !== undefined && f[7] !== null) details.push(`weight ${f[7]}`);
    const place = [f[3] ? `line ${f[3]}` : "", f[4] || f[4] === 0 ? `turn ${f[4] + 1}` : ""].filter(Boolean).join(", ");
    return node("li", {}, mark(f[1]), node("span", { text: f[0] }), node("span", { class: "reason dim", text: details.map((part, n) => n + 1 < details.length ? part.replace(/\.$/, "") : part).join("; ") }),
      node("small", { text: place, title: f[3] ? `${cell.case.file}:${f[3]}` : null }), f[9] ? judging(f[9]) : null, f[8] ? findings(f[8], cell) : null);
  }));
}

function judging([prompt, votes, calibration, rival, rivalText]) {
  if (!votes.length) return node("p", { class: "note", text: `Judged by rules; ${calibration}.` });
  const several = votes.length > 1;
  return node("details", { class: "judging" },
    node("summary", { text: `Judged by ${votes.map((v) => v[0]).join(", ")}; ${calibration}` }),
    votes.map((v) => node("div", {},
      several ? node("p", {}, mark(v[1]), node("span", { text: `${v[0]}: ${v[3]}` })) : null,
      v[4].map((quote) => node("blockquote", { text: quote })),
      node("p", { class: "note", text: [v[5], `prompt ${prompt}`, v[6] ? plural(v[6], "call") : "asked once for several assertions",
        v[7] ? milliseconds(v[7]) : null, v[8] ? `${number(v[8])} tokens` : null,
        v[9] === undefined || v[9] === null ? null : dollars(v[9]), v[10]].filter(Boolean).join(", ") }))),
    rival ? node("div", { class: "said" }, node("h3", { text: `compared with ${rival}` }), node("pre", { text: rivalText || "(empty)" })) : null);
}

function figuresOf(trial) {
  const total = (k) => trial[2].some((r) => r[k] === undefined || r[k] === null) || !trial[2].length ? null
    : trial[2].reduce((sum, r) => sum + r[k], 0);
  const last = trial[2][trial[2].length - 1] ?? [];
  const rows = [["Latency", milliseconds(total(1))], ["First token", trial[2][0]?.[2] ? milliseconds(trial[2][0][2]) : null],
    ["Tokens in", number(total(3))], ["Tokens out", number(total(4))], ["Cost", dollars(total(5))],
    ["Calls", trial[2].length > 1 ? number(trial[2].length) : null], ["Score", trial[6] === undefined || trial[6] === null ? null : String(trial[6])],
    ["Finished by", last[6]], ["Model", last[9]], ["Answered by", last[11] ? `${last[11]}, a fallback` : null], ["Source", last[7] ?? (trial[2].length ? "call" : null)],
    ["Attempts", trial[2].some((r) => r[8]) ? number(trial[2].reduce((s, r) => s + (r[8] ?? 1), 0)) : null],
    ["Prompt variant", trial[7] ? String(trial[7] + 1) : null]];
  return node("section", {}, node("h2", { text: "Figures" }), facts(rows));
}

function facts(rows) {
  return node("dl", { class: "facts" }, rows.filter(([, value]) => value)
    .map(([name, value]) => node("div", {}, node("dt", { text: name }), node("dd", { text: value }))));
}

// pass@k and pass^k of one prompt's trials, from one of them to all.
function repeated(record) {
  const judged = record[0].filter((t) => t[0] === "p" || t[0] === "f");
  const n = judged.length;
  if (record[8] || record[5] || n < 2 || judged.some((t) => t[7])) return null;
  const missed = judged.filter((t) => t[0] === "f").length;
  // C(m, k) / C(n, k), the chance that k trials are all among m of n
  const among = (m, k) => Array.from({ length: k }, (_, i) => (m - i) / (n - i)).reduce((a, b) => a * Math.max(0, b), 1);
  const ks = [...new Set([1, 2, 3, 5, 8, n].filter((k) => k <= n))];
  const row = (name, value) => node("tr", {}, node("th", { scope: "row", text: name }), ks.map((k) => node("td", { class: "n", text: percent(value(k)) })));
  return node("section", {}, node("h2", { text: "Repeated trials" }), node("div", { class: "scroll" }, node("table", { class: "repeats" },
    node("thead", {}, node("tr", {}, node("th", { text: "k" }), ks.map((k) => node("th", { class: "n", scope: "col", text: String(k) })))),
    node("tbody", {}, row("pass@k", (k) => 1 - among(missed, k)), row("pass^k", (k) => among(n - missed, k))))));
}

function hashes(record) {
  const rows = Object.entries(record[4] ?? {});
  return rows.length ? node("section", {}, node("h2", { text: "Hashes" }), facts(rows)) : null;
}

const lastAnswer = (trial, text) => (trial && trial[2].length ? text(trial[2][trial[2].length - 1][0]) : null);

async function comparison(cell, trial, text, which) {
  const others = cell.case.cells.filter((c) => c !== cell);
  const own = lastAnswer(trial, text);
  if (!others.length || own === null) return null;
  const select = node("select", { id: "with", onchange: (e) => refine({ with: e.target.value }) },
    node("option", { value: "", text: "choose a provider" }),
    others.map((o) => node("option", { value: index.providers[o.provider], text: index.providers[o.provider] })));
  select.value = others.some((o) => index.providers[o.provider] === state.with) ? state.with : "";
  const section = node("section", {}, node("h2", { text: "Difference" }),
    node("div", { class: "compare" }, node("label", { for: "with", text: "Word by word against" }), select));
  const other = others.find((o) => index.providers[o.provider] === select.value);
  if (!other) return section;
  const { record, text: theirText } = await recordOf(other);
  const theirs = lastAnswer(record[0][Math.min(which, record[0].length - 1)], theirText);
  if (theirs === null) section.append(node("p", { class: "dim", text: "That cell has no answer." }));
  else section.append(...answerDiff(theirs, own, "diff", select.value, index.providers[cell.provider]));
  return section;
}
