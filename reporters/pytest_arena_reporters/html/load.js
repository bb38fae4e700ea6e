// A load case: its figures, and throughput, latency and errors over time as one drawing.
const LONGEST_BRIDGE = 6;
const DRAWN = { width: 640, left: 80, panel: 92, gap: 66, top: 36 };

function drawing(tag, attributes, ...children) {
  const made = document.createElementNS($("blank").namespaceURI, tag);
  for (const [name, value] of Object.entries(attributes ?? {})) made.setAttribute(name, value);
  for (const child of children.flat(Infinity)) {
    if (child !== null && child !== undefined) made.append(typeof child === "string" ? readable(child) : child);
  }
  return made;
}

function underLoad(record) {
  const load = record.load;
  if (!load?.spans.length) return null;
  const { span_s: seconds, spans } = load;
  const rate = (value) => String(Number(value.toPrecision(3)));
  const answered = spans.map((s) => s.answered / seconds), errors = spans.map((s) => s.errors / seconds);
  const panels = [
    ["Answered calls a second", (y) => bars(answered, y, "f0"), rate, Math.max(...answered)],
    ["Latency: median, and 95th percentile dashed", (y, most) => [line(spans.map((s) => s.p50_ms), y, most, "line s0"), line(spans.map((s) => s.p95_ms), y, most, "line s1 d1")],
      milliseconds, Math.max(...spans.map((s) => s.p95_ms ?? 0))]];
  if (errors.some(Boolean)) panels.push(["Errors a second", (y) => bars(errors, y, "fe"), rate, Math.max(...errors)]);
  const height = DRAWN.top + panels.length * (DRAWN.panel + DRAWN.gap);
  const svg = drawing("svg", { class: "chart", viewBox: `0 0 ${DRAWN.width} ${height}`, role: "img", "aria-label": `Over time: ${load.words}` },
    panels.map(([title, draw, label, most], at) => panel(title, draw, label, most || 1, DRAWN.top + at * (DRAWN.panel + DRAWN.gap), seconds * spans.length)));
  return node("section", { class: "load" }, node("h2", { text: "Load over time" }), node("p", { class: "note", text: `${load.words}.` }), svg);
}

function panel(title, draw, label, most, top, seconds) {
  const bottom = top + DRAWN.panel;
  const [from, to] = [DRAWN.left, DRAWN.width];
  const tick = (share) => drawing("text", { x: from + share * (to - from), y: bottom + 18, "text-anchor": share === 0 ? "start" : share === 1 ? "end" : "middle" }, milliseconds(share * seconds * 1000));
  return [drawing("text", { class: "name", x: 0, y: top - 16 }, title),
    drawing("path", { class: "grid", d: `M${from} ${top}H${to}M${from} ${(top + bottom) / 2}H${to}` }),
    drawing("path", { class: "axis", d: `M${from} ${bottom}H${to}` }),
    drawing("text", { x: from - 8, y: top + 4, "text-anchor": "end" }, label(most)),
    drawing("text", { x: from - 8, y: bottom + 4, "text-anchor": "end" }, "0"),
    [0, 0.5, 1].map(tick), draw({ top, bottom }, most)];
}

const place = (at, count) => DRAWN.left + (at / count) * (DRAWN.width - DRAWN.left);

function bars(values, { top, bottom }, fill) {
  const most = Math.max(...values) || 1;
  const wide = Math.max(1, (DRAWN.width - DRAWN.left) / values.length - 1);
  return values.map((value, at) => (value ? drawing("rect", { class: fill, x: place(at, values.length).toFixed(1), width: wide.toFixed(1),
    y: (bottom - (value / most) * (bottom - top)).toFixed(1), height: ((value / most) * (bottom - top)).toFixed(1) }) : null));
}

// A long time in which nothing ended leaves a gap; a lone span is a dot, which round caps make of it.
function line(values, { top, bottom }, most, style) {
  let path = "";
  let last = -Infinity;
  values.forEach((value, at) => {
    if (value === undefined) return;
    const point = `${place(at + 0.5, values.length).toFixed(1)} ${(bottom - (value / most) * (bottom - top)).toFixed(1)}`;
    path += at - last <= LONGEST_BRIDGE ? `L${point}` : `M${point}h0`;
    last = at;
  });
  return drawing("path", { class: style, d: path, "stroke-linecap": "round" });
}

const failures = (load) => Object.values(load.errors).reduce((sum, count) => sum + count, 0);
// Whether each conversation is one call.
const single = (load) => load.answered + failures(load) === load.trials;

function loadFigures({ load }, text) {
  if (!load) return null;
  const { elapsed_s: elapsed, answered, trials, judged, passed, errors } = load;
  const times = (found) => ["p50", "p90", "p95", "p99", "max"].filter((k) => k in found).map((k) => [k, milliseconds(found[k])]);
  const kinds = Object.entries(errors).map(([kind, count]) => `${kind} ${number(count)}`).join(", ");
  return node("section", {}, node("h2", { text: "Under load" }), facts([
    ["Answered calls", number(answered)], ["Calls a second", elapsed > 0 ? String(Number((answered / elapsed).toPrecision(3))) : null],
    ["Tokens a second", load.output_tokens === undefined || !(elapsed > 0) ? null : String(Number((load.output_tokens / elapsed).toPrecision(3)))],
    ["Took", milliseconds(elapsed * 1000)], ["Conversations", single(load) ? null : number(trials)],
    ["Judged", judged === trials - failures(load) ? null : number(judged)], ["Passed", `${number(passed)} of ${number(judged)}`],
    ...times(load.latency_ms).map(([k, v]) => [`Latency ${k}`, v]), ...times(load.first_token_ms).map(([k, v]) => [`First token ${k}`, v]),
    ["Errors", kinds || "none"], ["Tokens in", load.input_tokens === undefined ? null : number(load.input_tokens)],
    ["Tokens out", load.output_tokens === undefined ? null : number(load.output_tokens)],
    ["Cost", load.cost_usd === undefined ? null : dollars(load.cost_usd)], ...labelled("LoadTestResult", load, text)]));
}

function keptCalls(record, tabs) {
  const [kept, all] = [record.trials.length, record.load.trials];
  if (!tabs) return [];
  const said = kept < all ? `${number(kept)} of ${number(all)} are kept, those that did not pass first` : `all ${number(all)} are kept`;
  return [node("details", { class: "kept", open: state.trial > 0 }, node("summary", { text: `Single calls: ${said}` }), tabs)];
}
