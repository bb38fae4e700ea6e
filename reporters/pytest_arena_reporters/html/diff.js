// The words in which two answers differ.
const MOST_STEPS = 4e6;

// Returns [kind, text] pairs: kind is "del" (first only), "ins" (second only) or "" (both).
function wordDiff(first, second) {
  const split = (text) => text.split(/(\s+)/).filter((part) => part !== "");
  let a = split(first), b = split(second);
  let start = 0;
  while (start < a.length && start < b.length && a[start] === b[start]) start++;
  let end = 0;
  while (end < a.length - start && end < b.length - start && a[a.length - 1 - end] === b[b.length - 1 - end]) end++;
  const head = a.slice(0, start).join(""), tail = a.slice(a.length - end).join("");
  a = a.slice(start, a.length - end);
  b = b.slice(start, b.length - end);
  const middle = a.length * b.length > MOST_STEPS ? [["del", a.join("")], ["ins", b.join("")]] : longest(a, b);
  return merged([["", head], ...middle, ["", tail]]);
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
    if (i < a.length && j < b.length && a[i] === b[j]) { found.push(["", a[i++]]); j++; }
    else if (j >= b.length || (i < a.length && table[(i + 1) * width + j] >= table[i * width + j + 1])) found.push(["del", a[i++]]);
    else found.push(["ins", b[j++]]);
  }
  return found;
}

// Joins the words of a changed phrase: one struck and one underlined, not word after word.
// Blanks between two changes belong to both sides, so that each side still reads in full.
function merged(parts) {
  const out = [];
  let group = [];
  const add = ([kind, text]) => {
    const last = out[out.length - 1];
    if (last && last[0] === kind) last[1] += text;
    else if (text) out.push([kind, text]);
  };
  const close = () => {
    const blanks = [];
    while (group.length && group[group.length - 1][0] === "") blanks.unshift(group.pop());
    const side = (kind) => group.filter((p) => p[0] !== kind).map((p) => p[1]).join("");
    const first = side("ins"), second = side("del");
    if (first.trim() && second.trim()) [["del", first], ["ins", second]].forEach(add);
    else group.forEach(add);
    blanks.forEach(add);
    group = [];
  };
  for (const part of parts) {
    const changed = part[0] !== "";
    if (changed || (group.length && /^\s*$/.test(part[1]))) group.push(part);
    else {
      close();
      add(part);
    }
  }
  close();
  return out;
}
