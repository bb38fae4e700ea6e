// The traces that an application returned: spans as a tree, each below the one within which it ran.
const traces = (responses) => responses.map(({ trace }, n) => (trace ? traceOf(trace, responses.length > 1 ? ` of turn ${n + 1}` : "") : null));

function traceOf(trace, turn) {
  const spans = trace.spans ?? [];
  const ids = new Set(spans.map((span) => span.id));
  const below = new Map();
  for (const span of spans) {
    const parent = span.parent && ids.has(span.parent) ? span.parent : "";
    below.set(parent, [...(below.get(parent) ?? []), span]);
  }
  const shown = new Set();
  const branch = (parent) => node("ul", {}, (below.get(parent) ?? []).filter((span) => !shown.has(span)).map((span) => {
    shown.add(span);
    return spanOf(span, span.id && below.has(span.id) ? branch(span.id) : null);
  }));
  const tree = branch("");
  // spans of which each is said to have run within the other have no top
  const rest = spans.filter((span) => !shown.has(span));
  const failed = spans.filter((span) => span.error !== undefined).length;
  const all = trace.left_out ? `${number(spans.length)} of ${number(spans.length + trace.left_out)} spans` : plural(spans.length, "span");
  return node("details", { class: "said trace" }, node("summary", { text: `trace${turn}: ${all}${failed ? `, ${number(failed)} failed` : ""}` }),
    trace.problem ? node("p", { class: "v-e", text: trace.problem }) : null, tree, rest.length ? node("ul", {}, rest.map((span) => spanOf(span, null))) : null);
}

function spanOf(span, inner) {
  const times = [span.duration_ms === undefined ? null : milliseconds(span.duration_ms),
    span.started_ms === undefined ? null : `at ${milliseconds(span.started_ms)}`].filter(Boolean).join(" ");
  const told = span.attributes && span.attributes !== "{}";
  return node("li", {}, node("b", { text: span.name }), times ? node("span", { class: "dim", text: ` ${times}` }) : null,
    span.error === undefined ? null : node("span", { class: "v-e", text: ` failed: ${span.error}` }),
    told ? node("details", {}, node("summary", { text: "attributes" }), node("pre", { class: "code", text: span.attributes })) : null, inner);
}
