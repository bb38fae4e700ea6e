// The payload: deflated blocks that are inflated when they are first needed.
const block = (id) => document.getElementById(id).textContent;

async function inflate(base64) {
  const bytes = Uint8Array.from(atob(base64), (c) => c.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
  return new Response(stream).json();
}

const VERDICTS = { p: "passed", f: "failed", e: "error", s: "skipped", u: "unsure", x: "xfailed" };
const MARKS = { p: "✓", f: "✕", e: "!", s: "–", u: "?", x: "✕" };

let index = null;
let cells = [];
let byKey = new Map();
let sharedTexts = null;
const chunks = new Map();
const ready = new Map();

async function loadIndex() {
  index = await inflate(block("index"));
  const rows = index.cases.map((row) => ({
    file: index.files[row.file], name: row.name, line: row.line, tags: row.tags.map((t) => index.tags[t]), cells: [], prompt: null, pictures: [],
    variables: Object.entries(row.variables),
  }));
  index.rows = rows;
  const flaky = new Set(index.flaky);
  cells = index.case.map((row, i) => {
    const cell = {
      i, row, case: rows[row], provider: index.provider[i], verdict: index.verdict[i],
      checks: index.sets[index.checks[i]], trials: index.trials[i], latency: index.latency[i],
      tokens: index.tokens[i], cost: index.cost[i], flaky: flaky.has(i),
      status: index.status?.[i] ?? -1, said: index.said[i], preview: null, full: null, shown: null,
    };
    cell.key = `${cell.case.file}::${cell.case.name}[${index.providers[cell.provider]}]`;
    cell.names = `${cell.key} ${cell.case.tags.join(" ")} ${cell.case.variables.flat().join(" ")}`.toLowerCase();
    rows[row].cells.push(cell);
    byKey.set(cell.key, cell);
    return cell;
  });
}

function chunkOf(cell) {
  return Math.floor(cell.i / index.chunk);
}

// Resolves to a chunk; also fills previews and the text that search looks through.
function loadChunk(number) {
  if (!chunks.has(number)) {
    chunks.set(number, (async () => {
      sharedTexts ??= inflate(block("shared"));
      const [chunk, shared] = await Promise.all([inflate(block(`chunk-${number}`)), sharedTexts]);
      chunk.text = (n) => (n < 0 ? shared[-1 - n] : chunk.texts[n]);
      chunk.cells.forEach((record, k) => describe(cells[number * index.chunk + k], record, chunk));
      ready.set(number, chunk);
      return chunk;
    })());
  }
  return chunks.get(number);
}

let pictures = null;
let picturesAtHand = {};
const loadPictures = () => (pictures ??= $("pictures") ? inflate(block("pictures")).then((held) => (picturesAtHand = Object.fromEntries(held))) : Promise.resolve({}));

const statusOf = (cell) => index.statuses?.[cell.status] ?? "";
const hasChanged = (cell) => cell.status >= 0 && !index.unchanged.includes(cell.status);

async function recordOf(cell) {
  const chunk = await loadChunk(chunkOf(cell));
  return { record: chunk.cells[cell.i % index.chunk], text: chunk.text };
}

// The trial whose answer stands for its cell: the first with the cell's verdict.
const shownAt = (cell, record) => Math.max(0, record.trials.findIndex((t) => t.verdict === (cell.verdict === "x" ? "f" : cell.verdict)));
const shownTrial = (cell, record) => record.trials.at(shownAt(cell, record));

function describe(cell, record, chunk) {
  const parts = [cell.names];
  for (const trial of [...(record.confirmation ?? []), ...record.trials]) {
    for (const message of trial.messages) parts.push(chunk.text(message.text));
    for (const response of trial.responses) parts.push(chunk.text(response.output));
    for (const finding of trial.assertions) parts.push(finding.reason);
    if (trial.error) parts.push(trial.error.message);
  }
  if (record.standing) parts.push(record.standing.reason);
  cell.full = parts.join("\n").toLowerCase();
  const trial = shownTrial(cell, record);
  const answer = trial?.responses.length ? chunk.text(trial.responses.at(-1).output) : null;
  const why = cell.verdict === "p" ? "" : reasons(record).at(0) ?? "";
  cell.shown = {
    at: shownAt(cell, record), answer, why, stopped: trial?.responses.at(-1)?.stopped, calls: (trial?.responses ?? []).flatMap((r) => r.tool_calls ?? []),
    passed: record.trials.filter((t) => t.verdict === "p").length,
    before: record.standing?.output_before === undefined ? null : chunk.text(record.standing.output_before),
  };
  const asked = trial?.messages.find((m) => m.role === "user");
  if (asked && cell.case.prompt === null) Object.assign(cell.case, { prompt: chunk.text(asked.text), pictures: asked.pictures ?? [] });
  cell.preview = (why || answer || "").slice(0, 200).replace(/\s+/g, " ");
}

// Says why a cell did not pass, the cell's own findings first.
function reasons(record) {
  const said = broken(record.assertions ?? []);
  for (const trial of record.trials) said.push(...reasonsOf(trial));
  if (!said.length && record.reason) said.push(record.reason);
  return [...new Set(said)];
}

const broken = (found) => found.filter((f) => f.verdict === "f" || f.verdict === "e")
  .map((f) => `${f.type}: ${f.reason}${f.expected && !f.reason.includes(f.expected) ? ` (expected: ${f.expected})` : ""}`);

function reasonsOf(trial) {
  if (trial.error) return [`${trial.error.kind}: ${trial.error.message}`];
  if (trial.verdict === "p") return [];
  const said = broken(trial.assertions);
  const blocked = (trial.guardrails ?? []).find((g) => g.action !== "flag");
  if (!said.length && blocked) said.push(`guardrail ${blocked.type} on ${blocked.direction}: ${blocked.reason}`);
  return said;
}

// Inflates everything in the background, a chunk at a time, so that search sees all texts.
async function loadAll(done) {
  const count = Math.ceil(cells.length / index.chunk);
  for (let n = 0; n < count; n++) {
    if (!ready.has(n)) {
      await loadChunk(n);
      await new Promise((next) => (self.requestIdleCallback ?? setTimeout)(next, { timeout: 50 }));
    }
  }
  done();
}
