// What an agent did in its turns, by time: calls of the model and of tools, and what the loop said.
const MOST_STEPS_SHOWN = 60;
const MOST_INLINE = 160;

// What was said, in order: messages, and each answer of the trial where it was given. The messages
// that an agent's turn added stand in its answer's timeline.
function saidInOrder(trial) {
  const said = [], before = trial.responses.slice(0, -1);
  let skipped = 0, answered = 0, calls = 0;
  const answer = (response) => {
    said.push({ response, turn: answered, from: calls });
    answered += 1;
    calls += response.tool_calls?.length ?? 0;
  };
  for (const message of trial.messages) {
    if (skipped) skipped -= 1;
    else if (message.role === "assistant" && answered < before.length && before.at(answered).steps) {
      skipped = Math.max(0, (before.at(answered).transcript ?? 1) - 1);
      answer(before.at(answered));
    } else {
      if (message.role === "assistant" && answered < before.length) answered += 1;
      said.push({ message });
    }
  }
  if (trial.responses.length) answer(trial.responses.at(-1));
  return said;
}

// `differs` is the number of the call, from 0 over all turns, that is the first to be another one
// than in the column that is compared with; `from` is the number of this turn's first call.
function timeline(response, { from = 0, differs = null, of = "" } = {}) {
  const { steps } = response, calls = response.tool_calls ?? [];
  let called = 0;
  const whole = Math.max(0.001, ...steps.map((step) => (step.started_ms ?? 0) + (step.duration_ms ?? 0)));
  const rows = steps.filter((step) => step.kind !== "note" || step.text !== response.stopped).map((step) => {
    const number = step.kind === "tool" ? called++ : null;
    return [step, number === null ? null : calls.at(number), number !== null && from + number === differs];
  });
  const list = node("ol", { "aria-label": "Steps" });
  const put = (most) => {
    list.replaceChildren(...rows.slice(0, most).map(([step, call, other]) => stepRow(step, call, whole, other ? of : "")));
    if (rows.length > most) list.append(node("li", {}, node("button", { type: "button", class: "link", text: `All ${number(rows.length)} steps`, onclick: () => put(Infinity) })));
  };
  put(MOST_STEPS_SHOWN);
  return node("div", { class: "said timeline" }, node("h3", { text: stepsInWords(response, whole) }), list,
    response.stopped === undefined ? null : node("p", { class: "v-e", text: `Stopped: ${response.stopped}` }));
}

function stepsInWords({ steps, tool_calls: calls = [] }, whole) {
  const models = steps.filter((step) => step.kind === "model").length;
  const failed = calls.filter((call) => call.error !== undefined).length;
  const parts = [plural(models, "call of the model", "calls of the model"), plural(calls.length, "call of tools", "calls of tools") + (failed ? `, ${number(failed)} failed` : "")];
  return `${parts.join(", ")}, ${milliseconds(whole)}`;
}

function stepRow(step, call, whole, differsFrom) {
  const failed = (call ?? step).error !== undefined;
  const bar = node("span", { class: "bar" });
  bar.style.setProperty("--from", `${(100 * (step.started_ms ?? 0)) / whole}%`);
  bar.style.setProperty("--for", `${(100 * (step.duration_ms ?? 0)) / whole}%`);
  const tokens = step.input_tokens === undefined && step.output_tokens === undefined ? null : `${number(step.input_tokens ?? 0)} + ${number(step.output_tokens ?? 0)} tokens`;
  const left = step.next ? `${step.event ? `${step.event} ` : ""}→ ${step.next}` : step.final ? "the end" : null;
  const told = [left, step.duration_ms === undefined ? null : milliseconds(step.duration_ms), tokens, step.cost_usd === undefined ? null : dollars(step.cost_usd)];
  return node("li", { class: `step ${step.kind}${failed ? " failed" : ""}${step.fault ? " fault" : ""}${differsFrom ? " differs" : ""}` },
    differsFrom ? node("p", { class: "tag", text: `first difference to ${differsFrom}` }) : null,
    node("p", { class: "step-head" }, node("span", { class: "kind", text: step.fault ? "planted" : step.kind }), step.agent ? node("span", { class: "dim", text: step.agent }) : null,
      node("b", { text: step.name ?? "" }), call ? node("code", { text: shorter(call.arguments, MOST_INLINE) }) : null, node("span", { class: "dim", text: told.filter(Boolean).join(" · ") })),
    step.kind === "note" ? null : node("span", { class: "lane", "aria-hidden": "true" }, bar),
    step.text ? longText(step.text, null, step.kind) : null, call ? resultOf(call) : failed ? node("p", { class: "v-e", text: step.error }) : null);
}

// What came of a call: a short result at once, all else at a click.
function resultOf(call) {
  const result = call.result ?? null, brief = (text) => text.length <= MOST_INLINE && !text.includes("\n");
  const folded = [call.arguments.length > MOST_INLINE ? ["arguments", call.arguments] : null, result !== null && !brief(result) ? ["result", result] : null].filter(Boolean);
  return [call.error === undefined ? null : node("p", { class: "v-e", text: `failed: ${call.error}` }),
    result !== null && brief(result) ? node("p", {}, node("code", { text: `→ ${result}` })) : null,
    folded.map(([name, words]) => node("details", {}, node("summary", { text: `${name}, ${plural(words.length, "character")}` }), longText(words, null, `${name} of ${call.name}`)))];
}

// The number of the first call by which two trials differ; null where they made the same ones.
function firstDifference(reference, trial) {
  const calls = (of) => of.responses.flatMap((response) => response.tool_calls ?? []).map((call) => `${call.name} ${call.arguments}`);
  const [theirs, own] = [calls(reference), calls(trial)];
  const at = own.findIndex((call, i) => call !== theirs[i]);
  if (at >= 0) return { at, goesOn: null };
  return theirs.length > own.length ? { at: own.length, goesOn: theirs[own.length] } : null;
}
