// Runs a migration class of amplify-data-migration as a filter program of cutover.
//
//   node filter.mjs [--once] CLASS.js updateModel|runImport MODEL
//
// The class is run anew for each item, with a client that hands this one item to the transformer of
// this one call and does nothing in all others: equal items must give equal answers, whatever a class
// remembers of those before. With --once it is run once for all items, for classes that read something
// at their beginning. Lines come and go as docs/migrations.md describes them. The class's clock stands
// still at the moment of the step, and what it writes with console.log goes to standard error.
import { once } from "node:events";
import { createInterface } from "node:readline";
import { pathToFileURL } from "node:url";

/** A number that JavaScript cannot hold; it is written back digit by digit as it came. */
class Decimal {
  constructor(text) { this.text = text; }
  toString() { return this.text; }
  toJSON() { return this.text; }
  valueOf() { return Number(this.text); }
}

/** Digits and exponent without superfluous zeros, so that 1.50 and 15e-1 are the same. */
function digits(text) {
  const [, sign, whole, part = "", power = "0"] =
    /^([+-]?)(\d*)\.?(\d*)(?:[eE]([+-]?\d+))?$/.exec(text) ?? [];
  const all = (whole + part).replace(/^0+/, "");
  const bare = all.replace(/0+$/, "");
  if (bare === undefined || bare === "") return "0";
  return `${sign === "-" ? "-" : ""}${bare}e${Number(power) - part.length + all.length - bare.length}`;
}

function number(text) {
  const value = Number(text);
  return Number.isFinite(value) && digits(String(value)) === digits(text) ? value : new Decimal(text);
}

function plain(typed) {
  const [[type, value]] = Object.entries(typed);
  switch (type) {
    case "S": case "BOOL": return value;
    case "N": return number(value);
    case "NULL": return null;
    case "B": return Buffer.from(value, "base64");
    case "L": return value.map(plain);
    case "M": return object(value);
    case "SS": return new Set(value);
    case "NS": return new Set(value.map(number));
    case "BS": return new Set(value.map((one) => Buffer.from(one, "base64")));
    default: throw new Error(`an attribute has the unknown type ${type}`);
  }
}

function object(map) {
  const made = {};
  for (const [name, value] of Object.entries(map)) {
    // A plain assignment to __proto__ would be lost.
    Object.defineProperty(made, name, {
      value: plain(value), enumerable: true, writable: true, configurable: true });
  }
  return made;
}

const isNumber = (value) =>
  typeof value === "number" || typeof value === "bigint" || value instanceof Decimal;

function digitsOf(value) {
  if (typeof value === "number" && !Number.isFinite(value)) throw new Error(`${value} is no number`);
  return String(value);
}

const bytesOf = (value) => Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString("base64");

function set(values, place) {
  const all = [...values];
  if (all.length === 0) throw new Error(`${place} is an empty set`);
  if (all.every((one) => typeof one === "string")) return { SS: all };
  if (all.every(isNumber)) return { NS: all.map(digitsOf) };
  if (all.every(ArrayBuffer.isView)) return { BS: all.map(bytesOf) };
  throw new Error(`${place} is a set of several types`);
}

function typed(value, place) {
  if (value === null) return { NULL: true };
  if (typeof value === "string") return { S: value };
  if (typeof value === "boolean") return { BOOL: value };
  if (isNumber(value)) return { N: digitsOf(value) };
  if (ArrayBuffer.isView(value)) return { B: bytesOf(value) };
  if (Array.isArray(value)) return { L: value.map((one, at) => typed(one, `${place}[${at}]`)) };
  if (value instanceof Set) return set(value, place);
  const prototype = value === undefined ? undefined : Object.getPrototypeOf(value);
  if (prototype === Object.prototype || prototype === null) return { M: item(value, `${place}.`) };
  throw new Error(`${place} is ${value === undefined ? "undefined" : value.constructor?.name}`);
}

function item(value, prefix = "") {
  const made = [];
  for (const [name, one] of Object.entries(value)) made.push([name, typed(one, prefix + name)]);
  return Object.fromEntries(made);
}

/** What became of one item, in cutover's words. */
async function outcome(method, transformer, given) {
  const made = await transformer(object(given));
  if (made === null) return { skip: "the class leaves it out" };
  if (!made && method === "runImport") return { skip: "the class leaves it out" };
  if (typeof made !== "object") return { reject: `the class returned ${made}` };
  return { put: item(made) };
}

/** All clocks of the class show the moment of the step. */
function stopClock(text) {
  const moment = Date.parse(text ?? "");
  if (Number.isNaN(moment)) return;
  const Real = Date;
  globalThis.Date = class extends Real {
    constructor(...words) { super(...(words.length === 0 ? [moment] : words)); }
    static now() { return moment; }
  };
}

/** Runs the class; `use` gets the transformer of the one call that is meant. */
async function run(Migration, method, model, use) {
  let calls = 0;
  const take = (own) => async (name, transformer, options) => {
    if (own !== method || name !== model) return;
    if (options?.filter) {
      throw new Error("a filter of DynamoDB is not evaluated here; say it in the transformer");
    }
    calls += 1;
    if (calls > 1) throw new Error(`${method} is called twice for ${model}; make two classes of it`);
    await use(transformer);
  };
  const nothing = new Proxy({}, { get: (_, name) => ({ modelName: name, tableName: name }) });
  await new Migration().run({
    tables: nothing, exported: nothing,
    modelClient: {
      updateModel: take("updateModel"), runImport: take("runImport"), putModel: async () => {} },
  });
  if (calls === 0) throw new Error(`the class never calls ${method} for ${model}`);
}

/** Answers line by line; `ask` gives an item to the class and its outcome back. */
async function serve(ask) {
  for await (const line of createInterface({ input: process.stdin, crlfDelay: Infinity })) {
    if (line === "") continue;
    const asked = JSON.parse(line);
    let answer;
    try {
      answer = await ask(asked.item);
    } catch (error) {
      answer = { reject: `the class failed: ${error.message}` };
    }
    const text = JSON.stringify({ seq: asked.seq, ...answer, done: true }) + "\n";
    if (!process.stdout.write(text)) await once(process.stdout, "drain");
  }
}

async function main(words) {
  const isOnce = words[0] === "--once";
  const [file, method, model] = isOnce ? words.slice(1) : words;
  if (!file || !["updateModel", "runImport"].includes(method) || !model) {
    throw new Error("usage: node filter.mjs [--once] CLASS.js updateModel|runImport MODEL");
  }
  console.log = console.info = console.debug = console.error;
  stopClock(process.env.CUTOVER_MOMENT);
  const Migration = (await import(pathToFileURL(file))).default;
  if (typeof Migration !== "function") throw new Error(`${file} has no class as its default export`);
  if (isOnce) {
    await run(Migration, method, model, (transformer) =>
      serve((item) => outcome(method, transformer, item)));
    return;
  }
  // Without an item first, so that a class that cannot be meant is told before anything is read.
  await run(Migration, method, model, async () => {});
  await serve(async (item) => {
    let answer;
    await run(Migration, method, model, async (transformer) => {
      answer = await outcome(method, transformer, item);
    });
    return answer;
  });
}

main(process.argv.slice(2)).catch((error) => {
  console.error(error.message);
  process.exitCode = 1;
});
