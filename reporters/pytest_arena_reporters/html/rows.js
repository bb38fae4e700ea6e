// A long list of rows, of which only those in sight are nodes. Rows may differ in height: one that
// was not seen yet counts as high as `guess`, and what is in sight stays where it is when that was wrong.
const SPARE = 300;
const LEAP = 500;

class LongList {
  // `make` returns the node of an item; `fixed` says that each is as high as `guess`; `known` has the
  // heights of items that were measured before, and gets those that are measured.
  constructor(body, items, { make, guess, fixed, known = new Map() }) {
    Object.assign(this, { body, items, make, fixed, known, nodes: new Map(), leaping: false });
    this.heights = Float64Array.from(items, (item) => known.get(item) ?? guess);
    this.tops = new Float64Array(items.length + 1);
    this.before = body.getBoundingClientRect().top;
    this.place(0);
  }

  place(from) {
    for (let i = from; i < this.items.length; i++) this.tops[i + 1] = this.tops.at(i) + this.heights.at(i);
    this.body.style.height = `${this.tops.at(this.items.length)}px`;
  }

  // The row at a distance from the first one's top.
  at(y) {
    let low = 0, high = this.items.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (this.tops.at(middle) <= y) low = middle;
      else high = middle - 1;
    }
    return low;
  }

  draw(all = false) {
    if (!this.items.length) return;
    // Whoever leaps through the rows sees those in between for a moment only.
    this.leaping = Math.abs(this.body.getBoundingClientRect().top - this.before) > LEAP;
    // What is measured may show that there is room for more rows, or for fewer.
    for (let round = 0; round < 4 && this.pass(all); round++);
  }

  pass(all) {
    const top = this.body.getBoundingClientRect().top;
    const spare = this.leaping ? 0 : SPARE;
    this.before = top;
    const first = all ? 0 : this.at(-top - spare), last = all ? this.items.length : this.at(innerHeight - top + spare) + 1;
    // Of the rows in sight one that was seen before stays where it is: a new one may be of any height.
    const upper = this.at(Math.max(0, 48 - top));
    const seen = Math.min(...[...this.nodes.keys()].filter((i) => i >= upper && this.tops.at(i) < innerHeight - top));
    const inSight = seen === Infinity ? upper : seen;
    const made = this.fill(first, last);
    if (this.fixed || !made.length) return false;
    // Who went to the end wants to be there, also where rows turn out to be higher than guessed.
    const atEnd = last === this.items.length && scrollY + innerHeight > document.documentElement.scrollHeight - 2;
    const changed = this.measure(made, inSight);
    if (changed && atEnd) scrollTo(0, document.documentElement.scrollHeight);
    return changed;
  }

  // Makes the nodes that are missing, in order, and leaves alone the row that has the focus.
  fill(first, last) {
    const focused = document.activeElement?.closest("[data-row]");
    for (const [i, row] of this.nodes) {
      if ((i < first || i >= last) && row !== focused) {
        row.remove();
        this.nodes.delete(i);
      }
    }
    let next = [...this.nodes].filter(([i]) => i >= last).sort(([a], [b]) => a - b).at(0)?.at(1) ?? null;
    const made = [];
    for (let i = last - 1; i >= first; i--) {
      let row = this.nodes.get(i);
      if (!row) {
        row = this.build(i);
        this.body.insertBefore(row, next);
        made.push(i);
      }
      next = row;
    }
    return made;
  }

  // Makes the node of a row at its place, and keeps it.
  build(i) {
    const row = this.make(this.items.at(i), i);
    row.dataset.row = i;
    row.setAttribute("aria-rowindex", i + 2);
    row.style.transform = `translateY(${this.tops.at(i)}px)`;
    this.nodes.set(i, row);
    return row;
  }

  measure(made, inSight) {
    const before = this.tops.at(inSight);
    let from = Infinity;
    for (const i of made) {
      const height = this.nodes.get(i).offsetHeight;
      if (height && Math.abs(height - this.heights.at(i)) > 0.5) {
        this.heights[i] = height;
        this.known.set(this.items.at(i), height);
        from = Math.min(from, i);
      }
    }
    if (from === Infinity) return false;
    this.place(from);
    for (const [i, row] of this.nodes) row.style.transform = `translateY(${this.tops.at(i)}px)`;
    const moved = this.tops.at(inSight) - before;
    if (moved) scrollBy(0, moved);
    return true;
  }

  // Makes the rows anew of which `changed` says so, each with the focus where it was.
  again(changed) {
    const places = [...this.nodes].filter(([i]) => changed(this.items.at(i), i));
    for (const [i, row] of places) {
      const focus = row.contains(document.activeElement) ? [...row.querySelectorAll("a,button")].indexOf(document.activeElement) : -1;
      const made = this.build(i);
      row.replaceWith(made);
      if (focus >= 0) [...made.querySelectorAll("a,button")].at(focus)?.focus({ preventScroll: true });
    }
    if (!places.length || this.fixed) return;
    this.measure(places.map(([i]) => i), this.at(Math.max(0, 48 - this.body.getBoundingClientRect().top)));
    this.draw();
  }

  scrollTo(i) {
    const y = this.body.getBoundingClientRect().top + scrollY + this.tops.at(i), height = this.heights.at(i);
    if (y < scrollY + 130) scrollTo(0, y - 130);
    else if (y + height > scrollY + innerHeight - 20) scrollTo(0, Math.min(y - 130, y + height - innerHeight + 20));
  }
}
