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
  const trials = [...record.trials, ...(record.confirmation ?? [])];
  const which = Math.min(state.trial ?? shownAt(cell, record), Math.max(0, trials.length - 1));
  const trial = trials[which];
  const said = reasons(record).join("\n");
  const shown = trial?.messages.some((m) => m.pictures) ? await loadPictures() : {};
  page.replaceChildren(
    crumbs(cell), heading(cell, record),
    node("div", { class: `verdict v-${cell.verdict}` }, node("b", { text: VERDICTS[cell.verdict] }),
      cell.flaky ? node("b", { class: "v-e", text: "flaky" }) : null, said || record.reason ? node("span", { text: said || record.reason }) : null),
    node("div", { class: "split" },
      node("div", {}, underLoad(record), trialTabs(record, which), trial ? transcript(trial, text, shown) : null,
        sinceBaseline(cell, trial, record, text), await comparison(cell, trial, text, which)),
      node("div", {}, standing(cell, record), trial ? checks(trial, record, cell) : null, loadFigures(record, text), trial ? figuresOf(trial, text) : null, repeated(record), furtherFacts(record, text))));
  document.title = `${cell.case.name} × ${index.providers[cell.provider]} · arena report`;
}

function crumbs(cell) {
  if (!found.includes(cell)) found = filtered();
  const at = found.indexOf(cell);
  const step = (to, label) => to ? node("a", { href: cellLink(to), text: label }) : node("span", { text: label });
  return node("div", { class: "crumbs" }, node("a", { href: linkTo({ view: "cells" }), text: "← Cells" }),
    node("a", { href: caseLink(cell.case), text: "Side by side" }), rawLink(), node("span", { class: "spacer" }), at < 0 ? null : node("span", { text: `${number(at + 1)} of ${number(found.length)}` }),
    step(at > 0 ? found[at - 1] : null, "Previous"), step(at >= 0 ? found[at + 1] : null, "Next"));
}

function heading(cell, record) {
  const where = `${cell.case.file}${cell.case.line ? `:${cell.case.line}` : ""}`;
  return node("div", { class: "cell-head" }, node("h1", { text: cell.case.name, tabindex: "-1" }),
    record.description ? node("p", { text: record.description }) : null,
    node("p", {}, node("code", { text: where }), cell.case.tags.map((t) => [" ", node("span", { class: "tag", text: t })]).flat()),
    node("nav", { class: "tabs", "aria-label": "Providers" }, cell.case.cells.map((other) =>
      node("a", { href: cellLink(other), "aria-current": other === cell ? "page" : null },
        mark(other.verdict), index.providers[other.provider]))));
}

function trialTabs(record, which) {
  const [run, fresh, left] = [record.trials.length, record.confirmation?.length ?? 0, record.trials_not_run ?? 0];
  const tabs = (label, name, trials, from) => (trials.length < 2 && !from && !fresh ? null
    : node("nav", { class: "tabs", "aria-label": label }, trials.map((trial, n) =>
      node("a", { href: linkTo({ trial: from + n }), "aria-current": from + n === which ? "page" : null },
        mark(trial.verdict), `${name} ${n + 1}`))));
  if (record.load) return keptCalls(record, tabs("Kept calls", single(record.load) ? "Call" : "Conversation", record.trials, 0));
  const parts = [tabs("Trials", "Trial", record.trials, 0)];
  if (left) parts.push(node("p", { class: "note", text: `${left} of ${plural(run + left, "trial")} ${left === 1 ? "was" : "were"} not run: the outcome could not change any more.` }));
  if (fresh) parts.push(node("p", { class: "note", text: "Fresh trials, made to confirm it; they alone decide:" }), tabs("Fresh trials", "Fresh", record.confirmation, run));
  return parts;
}

function transcript(trial, text, shown) {
  const parts = saidInOrder(trial).map(({ message, response, turn }) => (message
    ? [speech(speaker(trial, message, text), text(message.text)), picturesOf(message, shown), toolCalls(message.tool_calls)]
    : [response.steps ? timeline(response) : null, reasoning(response, text), speech(turn + 1 < trial.responses.length ? "assistant" : "answer", text(response.output), true),
      response.steps ? null : toolCalls(response.tool_calls)])).flat();
  if (trial.responses.length) parts.push(...traces(trial.responses));
  else parts.push(node("p", { class: "dim", text: "There was no answer." }));
  for (const event of trial.guardrails ?? []) {
    if (event.original !== undefined) parts.push(speech(`answer before guardrail ${event.type}`, text(event.original)));
  }
  return node("section", {}, node("h2", { text: "Transcript" }), personaNotes(trial), parts);
}

function reasoning(answer, text) {
  return answer.reasoning === undefined ? null : node("details", { class: "said" },
    node("summary", { text: "reasoning" }), node("pre", { text: text(answer.reasoning) }));
}

function speech(role, text, answer = false) {
  if (!text && !answer) return null;
  return node("div", { class: `said${answer ? " answer" : ""}` }, node("h3", { text: role }),
    text ? longText(text, null, role) : node("p", { class: "dim", text: "(empty)" }));
}

// The text names each picture in its place; here are those that the report holds.
function picturesOf(message, shown) {
  const held = (message.pictures ?? []).filter((hash) => shown[hash]);
  return held.length ? node("div", { class: "said pictures" }, held.map((hash) => node("img", { src: shown[hash], alt: "a picture that was sent" }))) : null;
}

function toolCalls(calls) {
  return (calls ?? []).map((call) => node("div", { class: "said" },
    node("h3", { text: `tool call: ${call.name}${call.latency_ms === undefined ? "" : `, ${milliseconds(call.latency_ms)}`}` }),
    node("pre", { class: "code", text: call.arguments }),
    call.result === undefined ? null : node("pre", { class: "code", text: `→ ${call.result}` }),
    call.error === undefined ? null : node("p", { class: "v-e", text: `It failed: ${call.error}` })));
}

function checks(trial, record, cell) {
  const section = node("section", {}, node("h2", { text: "Assertions" }));
  const all = [...(record.assertions ?? []), ...trial.assertions];
  if (all.length) section.append(findings(all, cell));
  else section.append(node("p", { class: "dim", text: trial.error ? "None was reached." : "There are none." }));
  if (trial.guardrails) section.append(node("h2", { text: "Guardrails" }), findings(trial.guardrails.map((g) => (
    { type: g.type, verdict: g.action === "flag" ? "u" : "f", reason: `${g.action} on ${g.direction}: ${g.reason}`, line: g.line, file: g.file, turn: g.turn })), cell));
  return section;
}

function findings(list, cell) {
  return node("ul", { class: "findings" }, list.map((f) => {
    return node("li", {}, mark(f.verdict), node("span", { text: f.metric ? `${f.metric} (${f.type})` : f.type }), node("span", { class: "reason dim", text: reasonOf(f) }),
      node("small", { text: placeIn(f), title: f.line ? `${f.file ?? cell.case.file}:${f.line}` : null }), f.judge ? judging(f.judge) : null, f.group ? findings(f.group, cell) : null);
  }));
}

const placeIn = (f) => [f.line ? `line ${f.line}${f.file ? ` of ${f.file}` : ""}` : "", f.turn === undefined ? "" : `turn ${f.turn + 1}`].filter(Boolean).join(", ");

function reasonOf(f) {
  const details = [f.reason];
  if (f.expected && !f.reason.includes(f.expected)) details.push(`expected: ${f.expected}`);
  if (f.score !== undefined && f.score !== 0 && f.score !== 1) details.push(`score ${f.score}`);
  if (f.weight !== undefined) details.push(`weight ${f.weight}`);
  return details.map((part, n) => n + 1 < details.length ? part.replace(/\.$/, "") : part).join("; ");
}

function judging({ prompt, votes, calibration = "not calibrated", rival, rival_output: rivalText }) {
  if (!votes.length) return calibration === "not calibrated" ? null : node("p", { class: "note", text: `Judged by rules; ${calibration}.` });
  const several = votes.length > 1;
  const tokens = (v) => (v.input_tokens ?? 0) + (v.output_tokens ?? 0);
  return node("details", { class: "judging" },
    node("summary", { text: `Judged by ${votes.map((v) => v.judge).join(", ")}; ${calibration}` }),
    votes.map((v) => node("div", {},
      several ? node("p", {}, mark(v.verdict), node("span", { text: `${v.judge}: ${v.reason}` })) : null,
      v.quotes.map((quote) => node("blockquote", { text: quote })),
      node("p", { class: "note", text: [v.model, `prompt ${prompt}`, v.calls ? plural(v.calls, "call") : "asked once for several assertions",
        v.latency_ms ? milliseconds(v.latency_ms) : null, tokens(v) ? `${number(tokens(v))} tokens` : null,
        v.calls && v.cost_usd !== undefined ? dollars(v.cost_usd) : null, v.source === "call" ? null : v.source].filter(Boolean).join(", ") }))),
    rival ? node("div", { class: "said" }, node("h3", { text: `compared with ${rival}` }), node("pre", { text: rivalText || "(empty)" })) : null);
}

const figuresOf = (trial, text) => node("section", {}, node("h2", { text: "Figures" }), facts(figureRows(trial, text)));

function figureRows(trial, text) {
  const answers = trial.responses;
  const total = (name) => answers.some((r) => r[name] === undefined) || !answers.length ? null
    : answers.reduce((sum, r) => sum + r[name], 0);
  const first = answers.at(0)?.first_token_ms;
  const last = answers.at(-1) ?? {};
  return [["Latency", milliseconds(total("latency_ms"))], ["First token", first ? milliseconds(first) : null],
    ["Tokens in", number(total("input_tokens"))], ["Tokens out", number(total("output_tokens"))], ["Cost", dollars(total("cost_usd"))],
    ["Answers", answers.length > 1 ? number(answers.length) : null], ...labelled("Trial", trial, text), ...labelled("Response", last, text),
    ["Answered by", last.answered_by ? `${last.answered_by}, a fallback` : null], ["Source", last.source ?? (answers.length ? "call" : null)],
    ["Attempts", answers.some((r) => r.attempts) ? number(answers.reduce((sum, r) => sum + (r.attempts ?? 1), 0)) : null],
    ["Prompt", trial.dialogue ? String(trial.dialogue + 1) : null]];
}

function facts(rows) {
  return node("dl", { class: "facts" }, rows.filter(([, value]) => value)
    .map(([name, value]) => node("div", {}, node("dt", { text: name }), node("dd", { text: value }))));
}

// What payload.json gives a label is shown as it is, whatever it may be.
function labelled(kind, record, text) {
  const words = (value, as) => {
    if (as === "text") return text(value);
    if (as === "milliseconds") return milliseconds(value);
    if (as === "dollars") return dollars(value);
    if (typeof value === "boolean") return value ? "yes" : "no";
    if (Array.isArray(value)) return value.map((item) => words(item, as)).join(", ");
    if (Number.isInteger(value)) return number(value);
    return typeof value === "object" ? JSON.stringify(value) : String(value);
  };
  return (index.labels[kind] ?? []).filter(({ name }) => record[name] !== undefined)
    .map(({ name, label, as }) => [label, words(record[name], as)]);
}

// pass@k and pass^k of one prompt's trials, from one of them to all.
function repeated(record) {
  const judged = record.trials.filter((t) => t.verdict === "p" || t.verdict === "f");
  const n = judged.length;
  if (record.load || record.trials_not_run || n < 2 || judged.some((t) => t.dialogue)) return null;
  const missed = judged.filter((t) => t.verdict === "f").length;
  // C(m, k) / C(n, k), the chance that k trials are all among m of n
  const among = (m, k) => Array.from({ length: k }, (_, i) => (m - i) / (n - i)).reduce((a, b) => a * Math.max(0, b), 1);
  const ks = [...new Set([1, 2, 3, 5, 8, n].filter((k) => k <= n))];
  const row = (name, value) => node("tr", {}, node("th", { scope: "row", text: name }), ks.map((k) => node("td", { class: "n", text: percent(value(k)) })));
  return node("section", {}, node("h2", { text: "Repeated trials" }), node("div", { class: "scroll" }, node("table", { class: "repeats" },
    node("thead", {}, node("tr", {}, node("th", { text: "k" }), ks.map((k) => node("th", { class: "n", scope: "col", text: String(k) })))),
    node("tbody", {}, row("pass@k", (k) => 1 - among(missed, k)), row("pass^k", (k) => among(n - missed, k))))));
}

function furtherFacts(record, text) {
  const section = (title, rows) => (rows.length ? node("section", {}, node("h2", { text: title }), facts(rows)) : null);
  return [section("Cell", labelled("Cell", record, text)), section("Hashes", Object.entries(record.hashes ?? {}))];
}

const lastAnswer = (trial, text) => (trial?.responses.length ? text(trial.responses.at(-1).output) : null);

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
  const theirs = lastAnswer(record.trials[Math.min(which, record.trials.length - 1)], theirText);
  if (theirs === null) section.append(node("p", { class: "dim", text: "That cell has no answer." }));
  else section.append(...answerDiff(theirs, own, "diff", select.value, index.providers[cell.provider]));
  return section;
}
