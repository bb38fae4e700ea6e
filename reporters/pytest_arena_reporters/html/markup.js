// JSON and Markdown as nodes. Nothing here is ever parsed as HTML: no link leads anywhere, no picture
// is fetched, and what is not understood stands as it was written.
const LONGEST_RENDERED = 40000;
const LONGEST_LINE = 4000;
const DEEPEST = 6;
const MOST_COLUMNS = 40;

// Returns the nodes of a text that is JSON or Markdown, and null where it is plain.
function rendered(text) {
  if (text.length > LONGEST_RENDERED) return null;
  const json = laidOut(text.trim());
  if (json !== null) return [node("pre", { class: "code", text: json })];
  return MARKDOWN.test(text) ? blocks(text.split(/\r\n?|\n/)) : null;
}

// JSON with a line for each entry; numbers and doubled keys stay as they are written.
function laidOut(text) {
  if (!/^[[{]/.test(text)) return null;
  try {
    JSON.parse(text);
  } catch (error) {
    // The parser gives up on what is no JSON, or too deep: both are shown as text.
    if (error instanceof SyntaxError || error instanceof RangeError) return null;
    throw error;
  }
  let depth = 0, out = "", opened = "";
  const line = () => `\n${"  ".repeat(Math.min(depth, 24))}`;
  for (const [token] of text.matchAll(/"[^"\\]*(?:\\.[^"\\]*)*"|[[\]{},:]|[^\s[\]{},:"]+/g)) {
    if (opened && token !== "]" && token !== "}") out += line();
    if (token === "]" || token === "}") {
      depth--;
      out += opened ? token : line() + token;
    } else if (token === "[" || token === "{") {
      depth++;
      out += token;
    } else if (token === ",") out += token + line();
    else out += token === ":" ? ": " : token;
    opened = token === "[" || token === "{" ? token : "";
  }
  return out;
}

const FENCE = /^ {0,3}(?<fence>`{3,}|~{3,})\s*(?<name>[\w+-]*)[^`]*$/;
const HEADING = /^ {0,3}(?<level>#{1,6})\s+(?<words>\S.*)$/;
const ENTRY = /^(?<indent>\s*)(?<mark>[-*+]|\d{1,9}[.)])\s+(?<words>.*)$/;
const RULE = /^ {0,3}(?:(?:- *){3,}|(?:\* *){3,}|(?:_ *){3,})$/;
const COLUMN_LINE = /^\s*\|?\s*:?-{1,}:?\s*(?:\|\s*:?-{1,}:?\s*)*\|?\s*$/;
const QUOTE = /^ {0,3}(?:> ?)+(?<words>.*)$/;
const MARKDOWN = /^ {0,3}#{1,6} +\S|^[ \t]*(?:[-*+]|\d{1,9}[.)])[ \t]+\S|^ {0,3}(?:`{3}|~{3})|^ {0,3}>|^[ \t]*\|.*\|[ \t]*$|\*\*[^*\s]|`[^`\n]{1,500}`|\[[^\]\n]{0,300}\]\(/m;

function blocks(lines) {
  const made = [];
  let at = 0;
  const take = (pattern) => {
    const taken = [];
    while (at < lines.length && pattern.test(lines.at(at))) taken.push(lines.at(at++));
    return taken;
  };
  while (at < lines.length) {
    const line = lines.at(at), following = lines.at(at + 1) ?? "";
    const fence = FENCE.exec(line)?.groups, heading = HEADING.exec(line)?.groups;
    if (!line.trim()) at++;
    else if (line.length > LONGEST_LINE) made.push(node("p", { text: lines.at(at++) }));
    else if (fence) {
      at++;
      const code = [];
      while (at < lines.length && !closes(lines.at(at), fence.fence)) code.push(lines.at(at++));
      at++;
      const json = fence.name.toLowerCase() === "json" ? laidOut(code.join("\n").trim()) : null;
      made.push(node("pre", { class: "code", text: json ?? code.join("\n") }));
    } else if (heading) {
      at++;
      made.push(node("p", { class: `heading level-${heading.level.length}` }, inline(heading.words.replace(/[ #]{1,200}$/, ""))));
    } else if (RULE.test(line)) {
      at++;
      made.push(node("hr"));
    } else if (line.includes("|") && following.length < LONGEST_LINE && COLUMN_LINE.test(following)) {
      made.push(tableOf(take(/\|/)));
    } else if (ENTRY.test(line)) made.push(entries(take(/^\s*(?:[-*+]|\d{1,9}[.)])\s+|^\s+\S/)));
    else if (QUOTE.test(line)) made.push(node("blockquote", {}, inline(take(QUOTE).map((l) => QUOTE.exec(l).groups.words).join("\n"))));
    else {
      const words = [line];
      at++;
      while (at < lines.length && lines.at(at).trim() && ![FENCE, HEADING, ENTRY, RULE, QUOTE].some((one) => one.test(lines.at(at)))) words.push(lines.at(at++));
      made.push(node("p", {}, inline(words.join("\n"))));
    }
  }
  return made;
}

const closes = (line, fence) => line.trim().length >= fence.length && line.trim() === fence.charAt(0).repeat(line.trim().length);

function tableOf(lines) {
  const cellsOf = (line) => line.trim().replace(/^\||\|$/g, "").split("|").map((cell) => cell.trim());
  const [head, , ...rest] = lines.map((line) => cellsOf(line).slice(0, MOST_COLUMNS));
  return node("table", {}, node("thead", {}, node("tr", {}, head.map((cell) => node("th", {}, inline(cell))))),
    node("tbody", {}, rest.map((row) => node("tr", {}, row.map((cell) => node("td", {}, inline(cell)))))));
}

// A flat list whose entries know their depth: however deep a model nests, the page does not.
function entries(lines) {
  const found = [];
  const indents = [];
  for (const line of lines) {
    const { indent, mark: sign, words } = ENTRY.exec(line)?.groups ?? {};
    if (sign === undefined) {
      found.at(-1).words += `\n${line.trim()}`;
      continue;
    }
    while (indents.length && indents.at(-1) > indent.length) indents.pop();
    if (indents.at(-1) !== indent.length && indents.length < DEEPEST) indents.push(indent.length);
    found.push({ depth: indents.length, words, sign: /\d/.test(sign) ? sign : "•" });
  }
  return node("ul", { class: "entries" }, found.map(({ depth, words, sign }) =>
    node("li", { class: `depth-${depth}` }, node("span", { class: "sign", text: sign }), node("span", {}, inline(words)))));
}

const SPANS = /`(?<code>[^`\n]{1,500})`|\*\*(?<strong>[^*\n]{1,500})\*\*|(?<image>!?)\[(?<label>[^\]\n]{0,300})\]\((?<target>[^()\s]{0,1000})[^()\n]{0,200}\)|(?<![\w*])\*(?<stress>[^*\s][^*\n]{0,300})\*(?![\w*])/g;

function inline(text) {
  if (text.length > LONGEST_LINE) return [text];
  const parts = [];
  let from = 0;
  for (const match of text.matchAll(SPANS)) {
    const { code, strong, image, label, target, stress } = match.groups;
    if (match.index > from) parts.push(text.slice(from, match.index));
    from = match.index + match.at(0).length;
    if (code !== undefined) parts.push(node("code", { text: code }));
    else if (strong !== undefined) parts.push(node("strong", { text: strong }));
    else if (stress !== undefined) parts.push(node("em", { text: stress }));
    else parts.push(node("span", { class: "address" }, image ? "picture: " : "", label, " ", node("small", { text: `(${shorter(target, 120)})` })));
  }
  if (from < text.length) parts.push(text.slice(from));
  return parts;
}

const shorter = (text, most) => (text.length > most ? `${text.slice(0, most)}…` : text);
