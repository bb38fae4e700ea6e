// Calls functions of files of JavaScript and TypeScript: a line of JSON in for each call, a line out.
// What the user's code prints goes to standard error, so that it is in no line's way.
import Module, { createRequire } from 'node:module';
import fs from 'node:fs';
import path from 'node:path';
import readline from 'node:readline';
import { pathToFileURL } from 'node:url';

const tell = process.stdout.write.bind(process.stdout);
process.stdout.write = process.stderr.write.bind(process.stderr);

const NO_MODULE = /(module|exports|require|__dirname|__filename) is not defined in ES module scope/;
const instances = new Map();
let readsTypeScript = Boolean(process.features.typescript);

class NotLoadedError extends Error {}

function loaderOf(base) {
  const find = createRequire(base);
  try {
    return find.resolve('tsx');
  } catch {
    try {
      return createRequire(find.resolve('promptfoo')).resolve('tsx');
    } catch {
      return null;
    }
  }
}

async function readTypeScript(file) {
  const loader = loaderOf(file) ?? loaderOf(path.join(process.cwd(), '_'));
  if (loader === null) {
    throw new NotLoadedError(
      'TypeScript needs node 22.18 or newer, or tsx beside it: npm install --save-dev tsx',
    );
  }
  await import(pathToFileURL(loader).href);
  readsTypeScript = true;
}

function asCommonJs(file) {
  const module = new Module(file);
  module.filename = file;
  module.paths = Module._nodeModulePaths(path.dirname(file));
  module._compile(fs.readFileSync(file, 'utf8'), file);
  return module.exports;
}

async function exported(file) {
  if (/\.[cm]?ts$/i.test(file) && !readsTypeScript) {
    await readTypeScript(file);
  }
  let found;
  try {
    found = await import(pathToFileURL(file).href);
  } catch (error) {
    if (!(file.endsWith('.js') && NO_MODULE.test(String(error?.message)))) {
      throw error;
    }
    found = asCommonJs(file);
  }
  return found?.default?.default ?? found?.default ?? found;
}

async function loaded(file) {
  try {
    return await exported(file);
  } catch (error) {
    throw new NotLoadedError(error instanceof NotLoadedError ? error.message : shown(error));
  }
}

function shown(error) {
  return error instanceof Error ? `${error.name}: ${error.message}` : String(error);
}

async function functionOf({ file, name }) {
  const found = await loaded(file);
  let made = name ? found?.[name] : found;
  if (typeof made !== 'function' && typeof made?.default === 'function') {
    made = made.default;
  }
  if (typeof made !== 'function') {
    throw new NotLoadedError(name ? `it exports no function ${name}` : 'it exports no function');
  }
  return made;
}

async function valueOf({ file, name, args }) {
  const found = await loaded(file);
  const made = name ? found?.[name] : found;
  return typeof made === 'function' ? made(...args) : made;
}

async function answerOf({ file, name, options, args }) {
  const key = JSON.stringify([file, name, options]);
  if (!instances.has(key)) {
    const Provider = await functionOf({ file, name });
    const isClass = typeof Provider.prototype?.callApi === 'function';
    instances.set(key, isClass ? new Provider(options) : { callApi: Provider });
  }
  return instances.get(key).callApi(...args);
}

const WAYS = {
  function: async (asked) => (await functionOf(asked))(...asked.args),
  value: valueOf,
  provider: answerOf,
};

const A_FUNCTION = 'file://(a function in the code).js';

// What is no data says so where it is read, as the name of a file that is not there.
function plain(key, value) {
  return typeof value === 'function' ? A_FUNCTION : value;
}

function given(value) {
  const kind = value === null ? 'null' : Array.isArray(value) ? 'array' : typeof value;
  if (kind === 'number' && !Number.isFinite(value)) {
    return { kind, value: String(value) };
  }
  if (kind === 'bigint') {
    return { kind: 'number', value: Number(value) };
  }
  const seen = kind === 'function' || kind === 'undefined' || kind === 'symbol' ? null : value;
  return { kind, value: seen };
}

async function answer(line) {
  const asked = JSON.parse(line);
  try {
    return JSON.stringify({ id: asked.id, ...given(await WAYS[asked.how](asked)) }, plain);
  } catch (error) {
    const fault = error instanceof NotLoadedError ? 'not loaded' : 'threw';
    return JSON.stringify({ id: asked.id, fault, error: error instanceof NotLoadedError ? error.message : shown(error) });
  }
}

process.on('unhandledRejection', (error) => console.error(error));
const lines = readline.createInterface({ input: process.stdin, crlfDelay: Infinity });
for await (const line of lines) {
  tell(`${await answer(line)}\n`);
}
process.exit(0);
