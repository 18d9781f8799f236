// Damaged files: models, checkpoints, IDX, gzip, pictures; and texts of the command line.

import { deflateSync, gzipSync } from "node:zlib";
import { ACTIVATION_NAMES, HIDDEN_ACTIVATIONS } from "../../src/activations.js";
import { decodeJpeg } from "../../src/cli/jpeg.js";
import { parseAugment, parseInterval, parseLayers, parseThreads, parseWeight } from "../../src/cli/options.js";
import { decodePng } from "../../src/cli/png.js";
import { DEFAULT_RECIPE, type RecipeOptions, recipeOf } from "../../src/cli/recipe.js";
import { gunzipMaybe } from "../../src/data/files.js";
import { parseIdx } from "../../src/data/idx.js";
import { preprocessDigit } from "../../src/digits.js";
import { adam, Dataset, type FitOptions, Network, type NetworkOptions, readRecipe } from "../../src/index.js";
import { LOSS_NAMES } from "../../src/losses.js";
import { METRIC_NAMES } from "../../src/metrics.js";
import { OPTIMIZER_NAMES } from "../../src/recipe/optimizer.js";
import { SCHEDULE_NAMES } from "../../src/recipe/schedule.js";
import { flat } from "../support/networks.js";
import type { Choices } from "./choices.js";
import { attempt, hold } from "./refusal.js";
import type { Target } from "./target.js";
import { joined, oddJson, oddNumber, withDamage, withOddities } from "./values.js";

const OPTIONS: NetworkOptions = {
  ...{ inputs: 4, loss: "crossEntropy", threads: 1 },
  layers: [
    { units: 3, activation: "tanh" },
    { units: 2, activation: "softmax" },
  ],
};
const DATA = new Dataset({ inputs: Float32Array.from({ length: 32 }, (_, i) => i / 32), shape: 4, labels: LABELS() });
const FIT: FitOptions = { epochs: 2, batchSize: 3, optimizer: adam() };

function LABELS(): number[] {
  return Array.from({ length: 8 }, (_, i) => i % 2);
}

interface Files {
  model: Uint8Array;
  checkpoints: Uint8Array[];
}
let files: Promise<Files> | undefined;

/** A model with a recipe, and the checkpoints of its training. */
async function realFiles(): Promise<Files> {
  const network = await Network.create(OPTIONS);
  const checkpoints: Uint8Array[] = [];
  await network.fit(DATA, { ...FIT, checkpoint: { steps: 1, save: (bytes) => void checkpoints.push(bytes) } });
  return { model: network.toBytes({ recipe: { network: OPTIONS, fit: FIT as never } }), checkpoints };
}

/** The header of a safetensors file, and where it ends. */
function headerOf(file: Uint8Array) {
  const end = 8 + Number(new DataView(file.buffer, file.byteOffset).getBigUint64(0, true));
  return { header: JSON.parse(new TextDecoder().decode(file.subarray(8, end))), end };
}

/** A safetensors file of any header and the bytes after it. */
function fileOf(header: unknown, ...parts: Uint8Array[]): Uint8Array {
  const text = new TextEncoder().encode(JSON.stringify(header));
  const size = new Uint8Array(8);
  new DataView(size.buffer).setBigUint64(0, BigInt(text.length), true);
  return joined(size, text, ...parts);
}

/** A safetensors file whose header, or the JSON in its metadata or its state, is odd; or with damaged bytes. */
function oddSafetensors(choices: Choices, file: Uint8Array): Uint8Array {
  if (choices.isOneOf(96)) return withDamage(choices, file);
  const { header, end } = headerOf(file);
  const metadata = { ...header.__metadata__ };
  for (const key of Object.keys(metadata)) {
    if (choices.isOneOf(128) || !metadata[key].startsWith("{")) continue;
    metadata[key] = JSON.stringify(withOddities(choices, JSON.parse(metadata[key]), oddJson));
  }
  const odd = choices.isOneOf(96) ? withOddities(choices, header, oddJson) : { ...header, __metadata__: metadata };
  return fileOf(odd, file.subarray(end));
}

/** Where the last tensor of a safetensors file ends. */
function endOf(file: Uint8Array): number {
  const { header, end } = headerOf(file);
  const { __metadata__: _, ...tensors } = header;
  const ends = Object.values(tensors as Record<string, { data_offsets: number[] }>).map(
    (one) => one.data_offsets[1] ?? 0,
  );
  return end + Math.max(0, ...ends);
}

async function model(choices: Choices): Promise<string> {
  files ??= realFiles();
  const { model, checkpoints } = await files;
  const bytes = oddSafetensors(choices, choices.isOneOf(200) ? model : choices.one(checkpoints));
  const recipe = await attempt(() => readRecipe(bytes));
  let loaded: Network | undefined;
  const outcome = await attempt(async () => {
    loaded = await Network.fromBytes(bytes);
  });
  if (loaded) {
    hold(flat(loaded).every(Number.isFinite), "a loaded network has parameters that are not finite");
    hold(endOf(bytes) === bytes.length, "a file with more or fewer bytes than its tensors was loaded");
    const { inputs } = loaded.spec;
    hold(loaded.predict(new Float32Array(inputs)).length > 0, "a loaded network predicts nothing");
  }
  return `${outcome}; recipe ${recipe}`;
}

async function resume(choices: Choices): Promise<string> {
  files ??= realFiles();
  const file = choices.one((await files).checkpoints);
  const bytes = choices.isOneOf(128) ? oddSafetensors(choices, file) : oddState(choices, file);
  const network = await Network.create(OPTIONS);
  const outcome = await attempt(() => network.fit(DATA, { ...FIT, resume: bytes }));
  hold(flat(network).every(Number.isFinite), "a damaged checkpoint left parameters that are not finite");
  network.dispose();
  return outcome;
}

/** A checkpoint with odd values in its state, which is the JSON in its last tensor. */
function oddState(choices: Choices, file: Uint8Array): Uint8Array {
  const text = new TextDecoder("latin1").decode(file);
  const at = text.lastIndexOf('{"asked"');
  const state = JSON.parse(new TextDecoder().decode(file.subarray(at)));
  const odd = new TextEncoder().encode(JSON.stringify(withOddities(choices, state, oddJson)));
  const { header, end } = headerOf(file);
  const begin = header.state.data_offsets[0];
  header.state = { ...header.state, shape: [odd.length], data_offsets: [begin, begin + odd.length] };
  return fileOf(header, file.subarray(end, at), odd);
}

const IDX = [
  Uint8Array.of(0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 2, 0, 0, 0, 2, 1, 2, 3, 4, 5, 6, 7, 8),
  Uint8Array.of(0, 0, 0x0d, 1, 0, 0, 0, 2, 0, 0, 0, 0, 0x3f, 0x80, 0, 0),
];

async function idx(choices: Choices): Promise<string> {
  const bytes = withDamage(choices, choices.one(IDX));
  return attempt(() => {
    const { data, shape } = parseIdx(bytes, "the file");
    hold(data.length === shape.reduce((product, n) => product * n, 1), "an IDX array has a wrong shape");
  }, false);
}

const GZIP = gzipSync(IDX[0] as Uint8Array);

function gzip(choices: Choices): Promise<string> {
  return attempt(() => gunzipMaybe(withDamage(choices, GZIP), "the file"), false);
}

function chunk(type: string, data: Uint8Array): Uint8Array {
  const size = new Uint8Array(4);
  new DataView(size.buffer).setUint32(0, data.length);
  return joined(size, new TextEncoder().encode(type), data, new Uint8Array(4));
}

/** PNG files of 4x4 pixels in each colour type. Their checksums are wrong, which a reader may mind or not. */
const PNGS = [
  [8, 0, 1],
  [8, 2, 3],
  [8, 4, 2],
  [8, 6, 4],
  [16, 6, 8],
  [1, 0, 1],
].map(([depth = 8, colours = 0, bytes = 1]) => {
  const header = Uint8Array.of(0, 0, 0, 4, 0, 0, 0, 4, depth, colours, 0, 0, 0);
  const row = depth === 1 ? 2 : 1 + 4 * bytes;
  const rows = Uint8Array.from({ length: 4 * row }, (_, i) => (i % row === 0 ? (i / row) % 5 : (i * 37) % 256));
  const signature = Uint8Array.of(137, 80, 78, 71, 13, 10, 26, 10);
  return joined(signature, chunk("IHDR", header), chunk("IDAT", deflateSync(rows)), chunk("IEND", new Uint8Array(0)));
});

/** A JPEG of one grey pixel block, as short as it gets. */
const JPEG = Buffer.from(
  "/9j/2wBDAAEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQH/wAALCAAIAAgBAREA/8QAFAABAAAAAAAAAAAAAAAAAAAACv/EABQQAQAAAAAAAAAAAAAAAAAAAAD/2gAIAQEAAD8AVP/Z",
  "base64",
);

function picture(choices: Choices): Promise<string> {
  const isPng = choices.isOneOf(128);
  const bytes = Buffer.from(withDamage(choices, isPng ? choices.one(PNGS) : JPEG));
  return attempt(async () => {
    const { data, width, height } = await (isPng ? decodePng : decodeJpeg)(bytes, "the picture");
    hold(data.length % (width * height) === 0, "a picture has a wrong size");
    preprocessDigit({ data, width, height });
  }, false);
}

/** Pictures of noise, blank ones, and images that are none. */
function digit(choices: Choices): Promise<string> {
  const [width, height] = [1 + choices.below(24), 1 + choices.below(24)];
  const channels = choices.one([1, 3, 4]);
  const few = Array.from({ length: 5 }, () => choices.byte());
  const data = Uint8ClampedArray.from({ length: width * height * channels }, (_, i) => few[(i * i) % 5] as number);
  const picture = withOddities(choices, { data, width, height });
  return attempt(() => {
    const image = preprocessDigit(picture as never);
    hold(image === undefined || (image.length === 784 && image.some((x) => x > 0)), "a digit is empty");
  });
}

const WORDS = ["784,16,10", "digits", "shift=2,rotation=15", "30", "500steps", "auto", "0,3,407", "alpha=1", "1e3"];

function option(choices: Choices): Promise<string> {
  const bytes = withDamage(choices, new TextEncoder().encode(choices.one(WORDS)));
  const text = new TextDecoder().decode(bytes);
  const parse = choices.one<(text: string) => unknown>([
    parseLayers,
    parseAugment,
    parseInterval,
    parseThreads,
    parseWeight,
  ]);
  return attempt(() => parse(text), false);
}

/** Options of `wasmlp train` as its parsers let them through: known names, numbers of any size. */
const NAMES: object[] = [
  ...OPTIMIZER_NAMES.map((optimizer) => ({ optimizer })),
  ...SCHEDULE_NAMES.map((schedule) => ({ schedule })),
  ...HIDDEN_ACTIVATIONS.map((activation) => ({ activation })),
  ...ACTIVATION_NAMES.map((outputActivation) => ({ outputActivation })),
  ...LOSS_NAMES.map((loss) => ({ loss })),
  ...METRIC_NAMES.map((metric) => ({ metric })),
  ...[
    [784, 10],
    [784, 30, 10],
    [1, 1, 1, 2],
    [2 ** 21, 3],
  ].map((layers) => ({ layers })),
  ...[{ nesterov: true }, { deterministic: true }, { augment: { shift: 2 } }, { threads: 3 }],
];
const NUMBERS = [
  ...["epochs", "batch", "lr", "seed", "floor", "warmUp", "decayFactor", "decayEvery", "dropout", "maxNorm"],
  ...["patience", "minDelta", "momentum", "weightDecay", "beta1", "beta2", "epsilon", "rho"],
];

function commandLine(choices: Choices): Promise<string> {
  const names = Array.from({ length: choices.below(4) }, () => choices.one(NAMES));
  const numbers = Array.from({ length: choices.below(4) }, () => [choices.one(NUMBERS), oddNumber(choices)]);
  const given = Object.assign({}, ...names, Object.fromEntries(numbers)) as RecipeOptions;
  return attempt(() => recipeOf(DEFAULT_RECIPE, given), false);
}

export const FILE_TARGETS: Target[] = [
  { name: "model", weight: 5, length: 64, run: model },
  { name: "resume", weight: 2, length: 64, run: resume },
  { name: "idx", weight: 4, length: 24, run: idx },
  { name: "gzip", weight: 1, length: 24, run: gzip },
  { name: "picture", weight: 3, length: 32, run: picture },
  { name: "digit", weight: 1, length: 24, run: digit },
  { name: "option", weight: 4, length: 24, run: option },
  { name: "command line", weight: 2, length: 48, run: commandLine },
];
