// Wiring: views, filters, keys, history.
const title = document.title;
let before = null;

async function show() {
  const from = before, changed = from?.view !== state.view || from?.id !== state.id;
  if (before?.view === "cells" && state.view !== "cells") show.scroll = scrollY;
  before = state;
  for (const view of VIEWS) $(view).classList.toggle("shown", view === state.view);
  document.documentElement.classList.toggle("wide", state.view === "case" || state.view === "pairs" || (state.view === "cells" && state.layout === "grid"));
  for (const link of document.querySelectorAll("[data-view]")) {
    const here = link.dataset.view === (WITH_FILTERS.has(state.view) ? "cells" : state.view);
    if (here) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  document.title = title;
  if (state.view === "cells") {
    syncFilters();
    showList();
    if (changed) {
      scrollTo(0, show.scroll ?? 0);
      draw();
      if (from?.id) focusOn(from.id);
    }
  } else if (changed) scrollTo(0, 0);
  if (state.view === "cell") await showCell();
  if (state.view === "case") await showCase();
  if (state.view === "pairs") await showPairs();
  // Who opens a page by keyboard goes on from its heading.
  if (from && changed) $(state.view).querySelector("h1[tabindex]")?.focus({ preventScroll: true });
  document.documentElement.dataset.shown = hashOf(state);
}

function buildFilters() {
  const options = (id, all, values) => $(id).replaceChildren(node("option", { value: "", text: all }),
    ...values.map((v) => node("option", { value: v, text: v })));
  options("file", "All arenas", index.files);
  options("provider", "All providers", index.providers);
  options("tag", "All tags", [...index.tags].sort());
  options("check", "All checks", [...index.types].sort());
  $("since").replaceChildren(...[["", "Since the baseline"], [CHANGED, "Changed only"],
    ...(index.statuses ?? []).map((s) => [s, s])].map(([value, text]) => node("option", { value, text })));
  $("differ").replaceChildren(node("option", { value: "", text: "Same or different" }),
    ...Object.entries(DIFFERENCES).map(([value, text]) => node("option", { value, text })));
  for (const id of ["file", "provider", "tag", "check", "since", "differ"]) {
    $(id).hidden = id === "differ" ? index.providers.length < 2 : $(id).options.length < 3;
    $(id).addEventListener("change", (e) => refine({ [id]: e.target.value }));
  }
  $("flaky-label").hidden = !index.flaky.length;
  const present = ["passed", "failed", "xfailed", "error", "skipped"].filter((v) => index.verdict.includes(v.charAt(0)));
  for (const verdict of present) {
    $("verdicts").append(node("label", {}, node("input", {
      type: "checkbox", value: verdict, onchange: () => refine({
        verdict: [...$("verdicts").querySelectorAll(":checked")].map((box) => box.value) }),
    }), verdict));
  }
  for (const [value, text] of [["grid", "Answers"], ["cells", "List"]]) {
    $("layouts").append(node("label", {}, node("input", {
      type: "radio", name: "layout", value, onchange: () => { chosen = -1; refine({ layout: value }); } }), text));
  }
  buildGridTools();
  $("flaky").addEventListener("change", (e) => refine({ flaky: e.target.checked }));
  $("search").addEventListener("input", (e) => refine({ q: e.target.value }));
  $("filters").addEventListener("submit", (e) => e.preventDefault());
  $("filters-button").addEventListener("click", () => {
    $("filters-button").setAttribute("aria-expanded", String($("filters").classList.toggle("open")));
  });
  $("clear").addEventListener("click", () => refine({ q: "", verdict: [], file: "", provider: "", tag: "", check: "", since: "", flaky: false, differ: "", column: [] }));
}

function syncFilters() {
  if ($("search").value !== state.q) $("search").value = state.q;
  for (const id of ["file", "provider", "tag", "check", "since", "differ"]) $(id).value = state[id];
  $("flaky").checked = state.flaky;
  for (const box of $("verdicts").querySelectorAll("input")) box.checked = state.verdict.includes(box.value);
  for (const box of $("layouts").querySelectorAll("input")) box.checked = box.value === state.layout;
  syncGridTools();
}

function stepCell(step) {
  if (!found.length) found = filtered();
  if (state.view === "case") {
    const rows = [...new Set(found.map((c) => c.case))], at = rows.findIndex((row) => caseKey(row) === state.id);
    if (at >= 0 && rows[at + step]) location.hash = caseLink(rows[at + step]);
    return;
  }
  const at = found.findIndex((c) => c.key === state.id);
  const next = found[at + step];
  if (at >= 0 && next) location.hash = cellLink(next);
}

function onKey(event) {
  const typing = /^(INPUT|SELECT|TEXTAREA)$/.test(event.target.tagName) && event.target.type !== "checkbox" && event.target.type !== "radio";
  if (event.ctrlKey || event.metaKey || event.altKey || $("help").open) return;
  if (event.key === "Escape") {
    if ($("columns").open) {
      $("columns").open = false;
      $("columns").querySelector("summary").focus();
    } else if (typing) event.target.blur();
    else if (WITH_FILTERS.has(state.view) && state.view !== "cells") location.hash = linkTo({ view: "cells" });
    return;
  }
  if (typing) return;
  const step = { j: 1, k: -1 }[event.key];
  if (step && (state.view === "cell" || state.view === "case")) stepCell(step);
  else if (step && state.view === "cells") choose(step);
  else if (step) location.hash = linkTo({ view: "cells" });
  else if (state.view === "pairs" && /^[1-4]$/.test(event.key)) document.querySelector(`[data-choice="${event.key}"]`)?.click();
  else if (event.key === "x" && state.view === "cells" && state.layout === "grid" && chosen >= 0) unfold(items.at(chosen));
  else if (event.key === "d" && state.view === "cells") {
    const all = Object.keys(DENSITIES);
    refine({ layout: "grid", density: all.at((all.indexOf(state.density) + 1) % all.length) });
  } else if (event.key === "/") {
    if (state.view !== "cells") { state = { ...state, view: "cells" }; history.pushState(null, "", hashOf(state)); show(); }
    $("search").focus();
    $("search").select();
  } else if (event.key === "?") $("help").showModal();
  else if (event.key === "Enter" && state.view === "cells" && chosen >= 0 && event.target === document.body) {
    document.querySelector(".row.chosen a")?.click();
    return;
  } else return;
  event.preventDefault();
}

(async () => {
  // A browser that cannot inflate the cells still shows the page's static part.
  if (!("DecompressionStream" in self)) return;
  await loadIndex();
  readKept();
  document.documentElement.classList.add("js");
  buildFilters();
  addEventListener("hashchange", () => { state = readState(); show(); });
  addEventListener("scroll", () => requestAnimationFrame(draw), { passive: true });
  let width = innerWidth;
  addEventListener("resize", () => requestAnimationFrame(() => {
    // A phone's address bar comes and goes; only another width makes rows of other heights.
    if (width === innerWidth) draw();
    else if (state.view === "cells") showList();
    else if (state.view === "case") showCase();
    width = innerWidth;
  }));
  addEventListener("beforeprint", drawForPaper);
  addEventListener("afterprint", drawForScreen);
  addEventListener("keydown", onKey);
  $("help-button").addEventListener("click", () => $("help").showModal());
  await show();
  document.documentElement.dataset.ready = "index";
  const start = () => loadAll(() => {
    document.documentElement.dataset.ready = "all";
    if (state.view === "cells" && state.q) showList();
  });
  (self.requestIdleCallback ?? setTimeout)(start, { timeout: 500 });
})();
