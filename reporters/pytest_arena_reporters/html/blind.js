// Blind reading: columns without names, in another order for each case, and no verdict to be led by.
function shuffled(list, seed) {
  let mixed = 2166136261;
  for (const sign of seed) mixed = Math.imul(mixed ^ sign.codePointAt(), 16777619);
  const next = () => {
    mixed = Math.imul(mixed ^ (mixed >>> 15), 2246822507) + 1;
    mixed = Math.imul(mixed ^ (mixed >>> 13), 3266489909);
    return ((mixed ^= mixed >>> 16) >>> 0) / 2 ** 32;
  };
  const made = [...list];
  for (let i = made.length - 1; i > 0; i--) {
    const j = Math.floor(next() * (i + 1));
    [made[i], made[j]] = [made.at(j), made.at(i)];
  }
  return made;
}

// The shown columns that have a case, blind in the same order whenever it is looked at.
function columnsIn(row) {
  const own = shownColumns().filter((p) => row.cells.some((cell) => cell.provider === p));
  return state.blind ? shuffled(own, `${index.run}\n${row.file}\n${row.name}`) : own;
}
const letter = (place) => (place < 26 ? String.fromCharCode(65 + place) : `no. ${place + 1}`);
const nameIn = (row, column) => (state.blind ? letter(columnsIn(row).indexOf(column)) : index.providers.at(column));
