// A trial's transcript by turns: what was asked, and all that was said until the next question.
function turnsOf(trial, text) {
  const system = [], turns = [];
  const current = () => {
    if (!turns.length) turns.push({ asked: null, said: [] });
    return turns.at(-1);
  };
  for (const { message, response, turn, from } of saidInOrder(trial)) {
    if (response?.steps) current().said.push({ response, from });
    if (response) {
      current().said.push({ role: turn + 1 < trial.responses.length ? "assistant" : "answer", words: text(response.output), calls: response.steps ? [] : response.tool_calls ?? [],
        reasoning: response.reasoning === undefined ? null : text(response.reasoning) });
      continue;
    }
    const words = text(message.text);
    if (message.role === "user") turns.push({ asked: words, pictures: message.pictures ?? [], said: [] });
    else if (!turns.length && message.role !== "assistant") system.push(words);
    else current().said.push({ role: message.role, words, calls: message.tool_calls ?? [] });
  }
  for (const event of trial.guardrails ?? []) {
    if (event.original !== undefined) current().said.push({ role: `answer before guardrail ${event.type}`, words: text(event.original), calls: [] });
  }
  return { system: system.join("\n\n"), turns };
}

// Who says a message: a persona, where one speaks in the user's name.
function speaker(trial, message, text) {
  const words = text(message.text);
  const found = message.role === "user" ? (trial.personas ?? []).find((one) => text(one.text) === words) : null;
  return found ? `user: the persona ${found.persona}` : message.role;
}

// What simulated users came to, and what they cost, a line each.
const ENDS = { done: "says that it is done", patience: "ran out of patience", max_turns: "stopped at its limit" };
function personaNotes(trial) {
  const said = trial.personas ?? [];
  return [...new Set(said.map((one) => one.persona))].map((name) => {
    const own = said.filter((one) => one.persona === name);
    const known = own.every((one) => one.cost_usd !== undefined);
    const cost = known ? dollars(own.reduce((sum, one) => sum + one.cost_usd, 0)) : "unknown cost";
    const ends = own.filter((one) => one.ended).map((one) => ENDS[one.ended]);
    return node("p", { class: "note", text: `Persona ${name}${own.at(0).model ? ` (${own.at(0).model})` : ""}: ${plural(own.length, "call")}, ${cost} apart from the answers; ${ends.join(", ") || "did not end"}.` });
  });
}

// One thing that was said. A long text is whole at a click.
function utterance({ role, words, calls, reasoning, response, from }, marks, difference) {
  if (response) return timeline(response, { from, ...difference });
  const empty = !words && !calls.length;
  return [reasoning ? node("details", { class: "said" }, node("summary", { text: "reasoning" }), node("pre", { text: reasoning })) : null,
    words || empty ? node("div", { class: `said ${role === "answer" ? "answer" : ""}` }, role === "answer" ? null : node("h3", { text: role }),
      empty ? node("p", { class: "dim", text: "(empty)" }) : longText(words, marks, role)) : null,
    toolCalls(calls)];
}

function longText(words, marks, what) {
  const holder = node("div");
  const put = (all) => {
    const cut = !all && words.length > FULL;
    const form = marks || state.raw ? null : rendered(cut ? words.slice(0, FULL) : words);
    holder.replaceChildren(node("div", form ? { class: "text markup" } : { class: "text" }, form ?? (marks ? marks(cut ? FULL : Infinity) : shorter(words, cut ? FULL : Infinity))));
    if (cut) holder.append(node("button", { type: "button", class: "link", text: `All ${number(words.length)} characters`, onclick: () => put(true) }));
    else if (words.length > FULL) wholeText(holder.firstElementChild, `The whole ${what}`);
  };
  put(false);
  return holder;
}

// Makes of a text a region of its own, which the keyboard scrolls.
function wholeText(made, name) {
  made.classList.add("all");
  for (const [key, value] of [["tabindex", 0], ["role", "region"], ["aria-label", name]]) made.setAttribute(key, value);
}
