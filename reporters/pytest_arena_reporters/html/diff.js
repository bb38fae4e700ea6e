// The words in which two answers differ.
const MOST_STEPS = 4e6;

const part = (kind, words) => ({ kind, words });

// Scripts without blanks between words are compared sign by sign, and where that takes too long by clauses.
const WORDS = /(\s+|[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}])/u;
const CLAUSES = /(\s+)|(?<=[、。，；：！？])/u;

// Returns {kind, words}: kind is "del" (first only), "ins" (second only) or "" (both).
function wordDiff(first, second, most = MOST_STEPS) {
  let { head, a, b, tail } = middleOf(first, second, WORDS);
  if (a.length * b.length > most) ({ head, a, b, tail } = middleOf(first, second, CLAUSES));
  const middle = a.length * b.length > most ? [part("del", a.join("")), part("ins", b.join(""))] : longest(a, b);
  return merged([part("", head), ...middle, part("", tail)]);
}

// The pieces between what both texts begin and end with.
function middleOf(first, second, pattern) {
  const split = (text) => text.split(pattern).filter(Boolean);
  const a = split(first), b = split(second);
  let start = 0;
  while (start < a.length && start < b.length && a[start] === b[start]) start++;
  let end = 0;
  while (end < a.length - start && end < b.length - start && a[a.length - 1 - end] === b[b.length - 1 - end]) end++;
  return { head: a.slice(0, start).join(""), a: a.slice(start, a.length - end), b: b.slice(start, b.length - end), tail: a.slice(a.length - end).join("") };
}

// Two JSON texts are compared by their entries, however they are laid out.
function comparable(first, second) {
  const both = [first, second].map((text) => laidOut(text.trim()));
  return both.every((text) => text !== null) ? both : [first, second];
}

function longest(a, b) {
  const width = b.length + 1;
  const table = new Uint16Array((a.length + 1) * width);
  for (let i = a.length - 1; i >= 0; i--) {
    for (let j = b.length - 1; j >= 0; j--) {
      table[i * width + j] = a[i] === b[j] ? table[(i + 1) * width + j + 1] + 1
        : Math.max(table[(i + 1) * width + j], table[i * width + j + 1]);
    }
  }
  const found = [];
  let i = 0, j = 0;
  while (i < a.length || j < b.length) {
    if (i < a.length && j < b.length && a[i] === b[j]) { found.push(part("", a[i++])); j++; }
    else if (j >= b.length || (i < a.length && table[(i + 1) * width + j] >= table[i * width + j + 1])) found.push(part("del", a[i++]));
    else found.push(part("ins", b[j++]));
  }
  return found;
}

// Joins the words of a changed phrase: one struck and one underlined, not word after word.
// Blanks between two changes belong to both sides, so that each side still reads in full.
function merged(parts) {
  const out = [];
  let group = [];
  const add = ({ kind, words }) => {
    const last = out.at(-1);
    if (last && last.kind === kind) last.words += words;
    else if (words) out.push(part(kind, words));
  };
  const close = () => {
    const blanks = [];
    while (group.at(-1)?.kind === "") blanks.unshift(group.pop());
    const side = (kind) => group.filter((p) => p.kind !== kind).map((p) => p.words).join("");
    const first = side("ins"), second = side("del");
    if (first.trim() && second.trim()) [part("del", first), part("ins", second)].forEach(add);
    else group.forEach(add);
    blanks.forEach(add);
    group = [];
  };
  for (const one of parts) {
    if (one.kind !== "" || (group.length && /^\s*$/.test(one.words))) group.push(one);
    else {
      close();
      add(one);
    }
  }
  close();
  return out;
}
