(function (names, bodies, method, args) {
  "use strict";
  let said = null;
  const silent = () => undefined;
  globalThis.console = { log: silent, info: silent, warn: silent, error: silent, debug: silent };
  const tell = (what) => { said = JSON.stringify(what); };
  const threw = (error) => {
    let name = "", message = "a value that is no text";
    try {
      name = error instanceof Error ? String(error.name) : "";
      message = error instanceof Error ? String(error.message) : String(error);
    } catch { /* the value that was thrown throws itself */ }
    tell({ kind: "thrown", name, message });
  };
  const gave = (value) => {
    const kind = value === null ? "null" : Array.isArray(value) ? "array" : typeof value;
    try {
      if (kind === "number") tell({ kind, value: String(value) });
      else if (["object", "array", "string", "boolean"].includes(kind)) tell({ kind, value });
      else tell({ kind });
    } catch (error) { threw(error); }
  };
  const exported = (body) => {
    const module = { exports: {} };
    new Function(...names, body)(module, module.exports);
    const all = module.exports;
    const found = method === null
      ? (typeof all === "function" ? all : all && all.default)
      : (all && (all[method] || (all.default && all.default[method])));
    if (typeof found !== "function") {
      const wanted = method === null ? "no function by default" : `no function ${method}`;
      throw new TypeError(`the file exports ${wanted}`);
    }
    return found;
  };
  const compiled = (candidate) => {
    for (const text of candidate) new Function(...names, text);
    return candidate[candidate.length - 1];
  };
  let body = null;
  for (const [place, candidate] of bodies.entries()) {
    try { body = compiled(candidate); break; } catch (error) {
      if (place === bodies.length - 1) { threw(error); return () => said; }
    }
  }
  if (args === null) { tell({ kind: "compiled" }); return () => said; }
  try {
    const call = names[0] === "module" ? exported(body) : new Function(...names, body);
    const value = call(...JSON.parse(args));
    if (value !== null && typeof value === "object" && typeof value.then === "function") {
      value.then(gave, threw);
    } else gave(value);
  } catch (error) { threw(error); }
  return () => said;
})
