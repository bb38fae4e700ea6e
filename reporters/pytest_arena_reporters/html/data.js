// The payload: deflated blocks that are inflated when they are first needed.
const block = (id) => document.getElementById(id).textContent;

async function inflate(base64) {
  const bytes = Uint8Array.from(atob(base64), (c) => c.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
  return new Response(stream).json();
}

const VERDICTS = { p: "passed", f: "failed", e: "error", s: "skipped", u: "unsure" };
const MARKS = { p: "✓", f: "✕", e: "!", s: "–", u: "?" };

let index = null;
let cells = [];
let byKey = new Map();
let sharedTexts = null;
const chunks = new Map();
const ready = new Map();

async function loadIndex() {
  index = await inflate(block("index"));
  const rows = index.cases.map((row) => ({
    file: index.files[row[0]], name: row[1], line: row[2], tags: row[3].map((t) => index.tags[t]),
    cells: [],
  }));
  index.rows = rows;
  const flaky = new Set(index.flaky);
  cells = index.case.map((row, i) => {
    const cell = {
      i, row, case: rows[row], provider: index.provider[i], verdict: index.verdict[i],
      checks: index.sets[index.checks[i]], trials: index.trials[i], latency: index.latency[i],
      tokens: index.tokens[i], cost: index.cost[i], flaky: flaky.has(i),
      status: index.status?.[i] ?? -1, preview: null, full: null,
    };
    cell.key = `${cell.case.file}::${cell.case.name}[${index.providers[cell.provider]}]`;
    cell.names = `${cell.key} ${cell.case.tags.join(" ")}`.toLowerCase();
    rows[row].cells.push(cell);
    byKey.set(cell.key, cell);
    return cell;
  });
  for (const row of rows) {
    const seen = new Set(row.cells.map((c) => c.verdict).filter((v) => v !== "s"));
    row.differs = seen.size > 1;
  }
}

function chunkOf(cell) {
  return Math.floor(cell.i / index.chunk);
}

// Resolves to {t: texts, c: records}; also fills previews and the text that search looks through.
function loadChunk(number) {
  if (!chunks.has(number)) {
    chunks.set(number, (async () => {
      sharedTexts ??= inflate(block("shared"));
      const [chunk, shared] = await Promise.all([inflate(block(`chunk-${number}`)), sharedTexts]);
      chunk.text = (n) => (n < 0 ? shared[-1 - n] : chunk.t[n]);
      chunk.c.forEach((record, k) => describe(cells[number * index.chunk + k], record, chunk));
      ready.set(number, chunk);
      return chunk;
    })());
  }
  return chunks.get(number);
}

const statusOf = (cell) => index.statuses?.[cell.status] ?? "";
const hasChanged = (cell) => cell.status >= 0 && !index.unchanged.includes(cell.status);

async function recordOf(cell) {
  const chunk = await loadChunk(chunkOf(cell));
  return { record: chunk.c[cell.i % index.chunk], text: chunk.text };
}

function describe(cell, record, chunk) {
  const parts = [cell.names];
  let answer = "";
  for (const trial of [...(record[6] ?? []), ...record[0]]) {
    for (const message of trial[1]) parts.push(chunk.text(message[1]));
    for (const response of trial[2]) parts.push((answer = chunk.text(response[0])));
    for (const finding of trial[3]) parts.push(finding[2]);
    if (trial[5]) parts.push(trial[5][1]);
  }
  if (record[7]) parts.push(record[7][0]);
  cell.full = parts.join("\n").toLowerCase();
  const shown = cell.verdict === "p" ? answer : reasons(record)[0] || answer;
  cell.preview = shown.slice(0, 200).replace(/\s+/g, " ");
}

// Says why a cell did not pass, the cell's own findings first.
function reasons(record) {
  const broken = (found) => found.filter((f) => f[1] === "f" || f[1] === "e");
  const told = (f) => `${f[0]}: ${f[2]}${f[6] && !f[2].includes(f[6]) ? ` (expected: ${f[6]})` : ""}`;
  const said = broken(record[1] ?? []).map(told);
  for (const trial of record[0]) {
    if (trial[5]) said.push(`${trial[5][0]}: ${trial[5][1]}`);
    else if (trial[0] !== "p") {
      const found = broken(trial[3]).map(told);
      const blocked = (trial[4] ?? []).find((g) => g[2] !== "flag");
      if (!found.length && blocked) found.push(`guardrail ${blocked[0]} on ${blocked[1]}: ${blocked[3]}`);
      said.push(...found);
    }
  }
  if (!said.length && record[2]) said.push(record[2]);
  return [...new Set(said)];
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
