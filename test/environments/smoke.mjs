// A short training that any engine can run. It needs the built package and no other file.
//
//   node smoke.mjs [PACKAGE] [--worker] [--threads 1,2] [--hash HEX]
//
// PACKAGE is the folder of the built package (such as `build`), default the installed package `wasmlp`. With --worker the
// network of `wasmlp/worker` trains too. --hash is the hash that the trained parameters must have. Prints one line of JSON;
// if something fails, prints a sentence on stderr and exits with 1. Programs that import the package themselves, such as
// bundled pages, call `smoke`.

/** The network: every stream of random numbers is used, and both hidden layers are wide enough for two threads. */
const OPTIONS = {
  inputs: 64,
  layers: [
    { units: 48, activation: "tanh", dropout: 0.2 },
    { units: 33, activation: "sigmoid" },
    { units: 4, activation: "softmax" },
  ],
  ...{ loss: "crossEntropy", deterministic: true, seed: 1 },
};
const CLASSES = 4;
const SAMPLES = 300;

/** Bytes of 8x8 pixels in four classes, each of which has other bright rows. */
function stripes() {
  let state = 1;
  const labels = Uint8Array.from({ length: SAMPLES }, (_, i) => i % CLASSES);
  const inputs = Uint8Array.from({ length: SAMPLES * 64 }, (_, i) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    const isBright = Math.floor((i % 64) / 8) % CLASSES === labels[Math.floor(i / 64)];
    return (isBright ? 150 : 0) + (state >>> 26);
  });
  return { inputs, shape: [8, 8], labels, classes: CLASSES };
}

/** The FNV-1a hash of all parameters, as 16 hexadecimal digits. */
function hashOf(layers) {
  let hash = 0xcbf29ce484222325n;
  for (const { weights, biases } of layers) {
    for (const { buffer, byteOffset, byteLength } of [weights, biases]) {
      for (const byte of new Uint8Array(buffer, byteOffset, byteLength)) {
        hash = BigInt.asUintN(64, (hash ^ BigInt(byte)) * 0x100000001b3n);
      }
    }
  }
  return hash.toString(16).padStart(16, "0");
}

function demand(holds, sentence) {
  if (!holds) throw new Error(sentence);
}

/** Trains, saves, loads and predicts with one network class and a number of threads. Resolves to the hash and the build. */
async function trained(library, Network, threads) {
  const { Dataset, adamw, cosine, digitAugmentation } = library;
  const data = new Dataset(stripes());
  const network = await Network.create({ ...OPTIONS, threads });
  const history = await network.fit(data, {
    ...{ epochs: 4, batchSize: 16, optimizer: adamw({ learningRate: 0.01 }), maxNorm: 3 },
    ...{ schedule: cosine({ warmUp: 1 }), augment: digitAugmentation },
  });
  demand(history.length === 4, `training gave ${history.length} records instead of 4`);
  const { accuracy } = await network.evaluate(data);
  demand(accuracy > 0.5, `the accuracy is ${accuracy} after training`);
  const bytes = await network.toBytes();
  const loaded = await Network.fromBytes(bytes, { deterministic: true, threads });
  const [expected, got] = [await network.predict(data.inputs), await loaded.predict(data.inputs)];
  demand(expected.length === SAMPLES * CLASSES, `predict gave ${expected.length} numbers`);
  demand(
    expected.every((value, i) => value === got[i]),
    "a network that was saved and loaded predicts something else",
  );
  const { label } = await loaded.classify(data.sample(2));
  demand(label === 2, `sample 2 was classified as ${label}`);
  const result = { hash: hashOf(await network.parameters()), build: network.build };
  network.dispose();
  loaded.dispose();
  return result;
}

/**
 * The whole check. `library` is the module `wasmlp` or `wasmlp/node`; `worker`, if given, is the module `wasmlp/worker`. Rejects
 * with an Error that says what is wrong, such as parameters that differ between threads or entries.
 */
export async function smoke(library, { worker, threads = [1, 2], hash } = {}) {
  const ways = threads.map((count) => [`${count} threads`, library, count]);
  if (worker) ways.push(...threads.map((count) => [`${count} threads in a worker`, worker, count]));
  let first;
  for (const [name, entry, count] of ways) {
    const result = await trained(entry, entry.Network, count);
    first ??= result;
    demand(result.hash === first.hash, `${name} gave the parameters ${result.hash} instead of ${first.hash}`);
  }
  demand(hash === undefined || hash === first.hash, `the parameters are ${first.hash} instead of ${hash}`);
  return { engine: engineName(), ...first, threads, worker: worker !== undefined };
}

function engineName() {
  const { Bun, Deno, process, navigator } = globalThis;
  if (Bun) return `bun ${Bun.version}`;
  if (Deno) return `deno ${Deno.version.deno}`;
  return process?.versions?.node ? `node ${process.versions.node}` : (navigator?.userAgent ?? "unknown");
}

// --- as a program ---

/** Counts the workers that are started on this thread, in `workers.started`. */
async function countWorkers() {
  const workers = { started: 0 };
  const counted = (Worker) =>
    class extends Worker {
      constructor(...args) {
        super(...args);
        workers.started++;
      }
    };
  const { createRequire } = await import("node:module");
  const threads = createRequire(import.meta.url)("node:worker_threads");
  threads.Worker = counted(threads.Worker);
  return workers;
}

function argumentsOf(args) {
  const options = { threads: [1, 2], withWorker: false, folder: undefined, hash: undefined };
  for (let i = 0; i < args.length; i++) {
    if (args[i] === "--worker") options.withWorker = true;
    else if (args[i] === "--threads") options.threads = args[++i].split(",").map(Number);
    else if (args[i] === "--hash") options.hash = args[++i];
    else options.folder = args[i];
  }
  return options;
}

async function main(args) {
  const { threads, withWorker, folder, hash } = argumentsOf(args);
  const { pathToFileURL } = await import("node:url");
  const { resolve } = await import("node:path");
  const entry = (name) =>
    folder === undefined
      ? `wasmlp${name === "index" ? "" : `/${name}`}`
      : pathToFileURL(resolve(folder, `${name}.js`)).href;
  const load = (name) => import(/* webpackIgnore: true */ /* @vite-ignore */ entry(name));
  const workers = await countWorkers();
  const library = await load("index");
  const result = await smoke(library, { threads, hash, worker: withWorker ? await load("worker") : undefined });
  const helpers = workers.started - (withWorker ? 2 * threads.length : 0);
  demand(helpers > 0 || Math.max(...threads) === 1, "no helper thread was started");
  console.log(JSON.stringify({ ...result, helpers }));
}

if (/\bsmoke\.mjs$/.test(globalThis.process?.argv?.[1] ?? "")) {
  main(globalThis.process.argv.slice(2)).catch((error) => {
    console.error(`smoke: ${error?.message ?? error}`);
    globalThis.process.exitCode = 1;
  });
}
