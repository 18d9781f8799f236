// The command line as users run it: the built program as a process, on a small folder of IDX files.

import { type ChildProcess, type SpawnOptions, spawn, spawnSync } from "node:child_process";
import {
  chmodSync,
  closeSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { crc32, deflateSync, gzipSync } from "node:zlib";
import { encode } from "fast-png";
import { encode as encodeJpeg } from "jpeg-js";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { preprocessDigit } from "../../src/digits.js";
import { Network } from "../../src/network.js";
import { type Outcome, program, runProgram, startProgram } from "../support/command.js";
import { picture, seven } from "../support/drawing.js";
import { CLASSES, idx, image, noise, SIDE, writeIdxFolder } from "../support/idx-folder.js";

const SMALL = ["--layers", "64,8,3", "--epochs", "20", "--batch", "5", "--lr", "1"];
let folder: string;

function wasmlp(...args: string[]): Outcome {
  return runProgram(folder, ...args);
}

/** The program's stdout; throws if it fails. */
function outputOf(...args: string[]): string {
  const { code, out, err } = wasmlp(...args);
  if (code !== 0) throw new Error(`wasmlp ${args.join(" ")} exited with ${code}: ${err}`);
  return out;
}

function jsonLines(text: string): Record<string, unknown>[] {
  return text
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line));
}

function start(...args: string[]): { child: ChildProcess; outcome: Promise<Outcome> } {
  return startProgram({ cwd: folder }, ...args);
}

function startWith(options: SpawnOptions, ...args: string[]): { child: ChildProcess; outcome: Promise<Outcome> } {
  return startProgram({ cwd: folder, ...options }, ...args);
}

// --- input files ---

/** Writes `image` as a PNG; `pixel` converts each grey value to `channels` bytes. */
function writePng(name: string, channels: number, pixel: (grey: number) => number[], side = SIDE): void {
  const grey = image(1, noise(11));
  const data = Uint8Array.from({ length: side * side * channels }, (_, i) => {
    return pixel(grey[Math.floor(i / channels) % grey.length] as number)[i % channels] as number;
  });
  writeFileSync(join(folder, name), encode({ width: side, height: side, data, channels, depth: 8 }));
}

interface PngParts {
  size?: number;
  depth?: number;
  colour?: number;
  /** Chunks between header and pixels. */
  extra?: [string, Uint8Array][];
}

/** Writes a PNG whose header may contradict its data; `rows` are the filtered rows of pixels, before compression. */
function writeRawPng(name: string, rows: Uint8Array, parts: PngParts = {}): void {
  const { size = SIDE, depth = 8, colour = 0, extra = [] } = parts;
  const header = Buffer.alloc(13);
  header.writeUInt32BE(size, 0);
  header.writeUInt32BE(size, 4);
  header.set([depth, colour, 0, 0, 0], 8);
  const chunks = [["IHDR", header], ...extra, ["IDAT", deflateSync(rows)], ["IEND", new Uint8Array(0)]] as const;
  const signature = Buffer.from("\x89PNG\r\n\x1a\n", "latin1");
  writeFileSync(join(folder, name), Buffer.concat([signature, ...chunks.map(([type, data]) => chunk(type, data))]));
}

function chunk(type: string, data: Uint8Array): Buffer {
  const whole = Buffer.concat([Buffer.alloc(4), Buffer.from(type), data, Buffer.alloc(4)]);
  whole.writeUInt32BE(data.length, 0);
  whole.writeUInt32BE(crc32(whole.subarray(4, -4)), whole.length - 4);
  return whole;
}

/** Rows of `SIDE` pixels, each preceded by filter type 0, no filter. */
function rowsOf(pixel: (i: number) => number[]): Uint8Array {
  const rows = Array.from({ length: SIDE }, (_, y) => {
    return [0, ...Array.from({ length: SIDE }, (_, x) => pixel(y * SIDE + x)).flat()];
  });
  return Uint8Array.from(rows.flat());
}

beforeAll(async () => {
  if (!existsSync(program)) throw new Error("build/cli.js is missing: run npm run build first");
  folder = mkdtempSync(join(tmpdir(), "wasmlp-cli-"));
  writeIdxFolder(
    join(folder, "data"),
    Array.from({ length: 200 }, (_, i) => i % CLASSES),
  );
  writeIdxFolder(
    join(folder, "uneven"),
    Array.from({ length: 60 }, (_, i) => (i < 50 ? 0 : 1 + (i % 2))),
  );
  writeIdxFolder(join(folder, "mismatched"), [0, 1, 2]);
  writeFileSync(join(folder, "mismatched/t10k-labels-idx1-ubyte"), idx([2], Uint8Array.of(0, 1)));
  outputOf("train", "--data", "data", ...SMALL, "--quiet", "--out", "model.safetensors");
  writeFileSync(join(folder, "cut.safetensors"), readFileSync(join(folder, "model.safetensors")).subarray(0, -40));
  // A pipe rather than a device of the system: if the check failed, saving would replace the device.
  spawnSync("mkfifo", [join(folder, "pipe")]);
  writePng("grey.png", 1, (grey) => [grey]);
  writePng("large.png", 1, (grey) => [grey], 32);
  writeFileSync(
    join(folder, "white.png"),
    encode({ width: 50, height: 50, data: new Uint8Array(2500).fill(255), channels: 1 }),
  );
  writeFileSync(join(folder, "empty.png"), "");
  mkdirSync(join(folder, "nothing"));
  writeSevens();
  writeFileSync(join(folder, "cut.jpg"), readFileSync(join(folder, "digits/b.JPG")).subarray(0, -20));
  writeFileSync(join(folder, "huge.jpg"), hugeJpeg());
  await saveDigitModel();
  writeFileSync(join(folder, "cut.png"), readFileSync(join(folder, "grey.png")).subarray(0, -24));
  writeFileSync(join(folder, "text.png"), "not a picture");
  writeRawPng("huge.png", new Uint8Array(10), { size: 2e9 });
  writeRawPng("thin.png", new Uint8Array(60));
  writeRawPng("colourless.png", new Uint8Array(72), { colour: 3, extra: [["PLTE", new Uint8Array(0)]] });
  writeRawPng(
    "half-key.png",
    rowsOf(() => [0, 0, 0]),
    { colour: 2, extra: [["tRNS", new Uint8Array(2)]] },
  );
});

/** Writes an RGB image as JPEG, with an Exif orientation if `turn` is given. */
function writeJpeg(name: string, width: number, height: number, grey: (x: number, y: number) => number, turn?: number) {
  const data = Buffer.alloc(4 * width * height, 255);
  for (let i = 0; i < width * height; i++) data.fill(grey(i % width, Math.floor(i / width)), 4 * i, 4 * i + 3);
  const { data: bytes } = encodeJpeg({ data, width, height }, 90);
  const entry = [0, 1, 0x01, 0x12, 0, 3, 0, 0, 0, 1, 0, turn ?? 1, 0, 0, 0, 0, 0, 0];
  const exif = Buffer.from([...Buffer.from("Exif\0\0MM\0*\0\0\0\x08", "latin1"), ...entry]);
  const segment = turn === undefined ? [] : [0xff, 0xe1, 0, exif.length + 2, ...exif];
  writeFileSync(join(folder, name), Buffer.from([...bytes.subarray(0, 2), ...segment, ...bytes.subarray(2)]));
}

/** A JPEG whose frame header claims 65,000 x 65,000 pixels. */
function hugeJpeg(): Buffer {
  const bytes = Buffer.from(readFileSync(join(folder, "digits/b.JPG")));
  const frame = bytes.indexOf(Buffer.from([0xff, 0xc0]));
  bytes.writeUInt16BE(65000, frame + 5);
  bytes.writeUInt16BE(65000, frame + 7);
  return bytes;
}

/** Saves a network whose weights for 7 are the pixels of the test's seven, with 3 as the second most probable digit. */
async function saveDigitModel(): Promise<void> {
  const digit = preprocessDigit(picture(120, 120, (x, y) => 0.85 - 0.7 * seven(120)(x, y))) as Uint8Array;
  const network = await Network.create({
    ...{ inputs: 784, layers: [{ units: 10, activation: "softmax" }], loss: "crossEntropy" },
  });
  const mean = digit.reduce((sum, x) => sum + x, 0) / 784;
  const weights = Float32Array.from({ length: 7840 }, (_, i) => {
    const share = { 3: 0.7, 7: 1 }[Math.floor(i / 784)] ?? 0;
    return (share * ((digit[i % 784] as number) - mean)) / 2000;
  });
  network.setParameters([{ weights, biases: new Float32Array(10) }]);
  writeFileSync(join(folder, "digits.safetensors"), network.toBytes());
}

/** A dark seven on grey paper. */
function writeSevens(): void {
  const ink = seven(120);
  const grey = (x: number, y: number) => Math.round(255 * (0.85 - 0.7 * ink(x, y)));
  mkdirSync(join(folder, "digits"));
  const bytes = Uint8Array.from({ length: 120 * 120 }, (_, i) => grey(i % 120, Math.floor(i / 120)));
  writeFileSync(join(folder, "digits/a.png"), encode({ width: 120, height: 120, data: bytes, channels: 1, depth: 8 }));
  writeJpeg("digits/b.JPG", 120, 120, grey);
  // Rotated by 90 degrees counter-clockwise, which orientation 6 reverts.
  writeJpeg("digits/c.jpeg", 120, 120, (x, y) => grey(119 - y, x), 6);
  writeFileSync(join(folder, "digits/notes.txt"), "no picture");
}

afterAll(() => rmSync(folder, { recursive: true, force: true }));

// --- commands ---

describe("train", () => {
  it("prints each epoch on stderr, and the result and the path of the model on stdout", () => {
    const { code, out, err } = wasmlp("train", "--data", "data", ...SMALL, "--out", "printed.safetensors");
    expect(code).toBe(0);
    expect(out).toMatch(
      /^test accuracy 100\.00 % after 20 epochs, [\d,]+ samples\/s\nsaved to printed\.safetensors\n$/,
    );
    const lines = err.trimEnd().split("\n");
    expect(lines[0]).toBe("64-8-3, 547 parameters: 200 training samples, 200 test samples");
    expect(lines).toHaveLength(21);
    expect(lines[20]).toMatch(
      /^epoch 20\/20 {2}loss [\d.]+ {2}test loss [\d.]+ {2}test accuracy 100\.00 % {2}[\d,]+ samples\/s$/,
    );
    expect(readdirSync(folder).filter((name) => name.endsWith(".tmp"))).toEqual([]);
  });

  it("prints only the result with --quiet", () => {
    const { out, err } = wasmlp("train", "--data", "data", ...SMALL, "--quiet");
    expect(err).toBe("");
    expect(out.split("\n")).toHaveLength(2);
  });

  it("prints one object per epoch and one at the end with --json", () => {
    const { code, out, err } = wasmlp("train", "--data", "data", ...SMALL, "--json", "--out", "json.safetensors");
    expect([code, err]).toEqual([0, ""]);
    const events = jsonLines(out);
    expect(events).toHaveLength(21);
    events.slice(0, 20).forEach((event, i) => {
      const number = expect.any(Number);
      expect(event).toEqual({
        ...{ event: "epoch", epoch: i + 1, loss: number },
        ...{ validation: { loss: number, accuracy: number }, samplesPerSecond: number, seconds: number },
      });
    });
    const rate = expect.any(Number);
    expect(events[20]).toEqual({ event: "done", accuracy: 1, out: "json.safetensors", samplesPerSecond: rate });
  });

  it("trains the same network with the same seed, and another with another seed", () => {
    for (const [name, seed] of [
      ["one", "4"],
      ["two", "4"],
      ["three", "5"],
    ] as const) {
      outputOf("train", "--data", "data", ...SMALL, "--quiet", "--seed", seed, "--out", name);
    }
    const [one, two, three] = ["one", "two", "three"].map((name) => readFileSync(join(folder, name)));
    expect(one?.equals(two as Buffer)).toBe(true);
    expect(one?.equals(three as Buffer)).toBe(false);
  });

  it("augments images with --augment: by the preset for digits, or by given changes", () => {
    // The weights alone, as a file also tells its recipe.
    const hash = (...more: string[]): Buffer => {
      outputOf(...["train", "--data", "data", ...SMALL, "--epochs", "2", "--quiet", "--out", "drawn", ...more]);
      return readFileSync(join(folder, "drawn")).subarray(-547 * 4);
    };
    const changes = "shift=2,rotation=12,scale=0.15,shear=0.2,alpha=30,sigma=5,thickness=0.5";
    const [plain, digits] = [hash(), hash("--augment", "digits")];
    expect(digits.equals(plain)).toBe(false);
    expect(hash("--augment", changes).equals(digits)).toBe(true);
    expect(hash("--augment", "shift=1").equals(digits)).toBe(false);
    expect(hash("--augment", "shift=0, rotation=0").equals(plain)).toBe(true);
  });

  it("accepts every option that the help lists", () => {
    const options = ["--activation", "relu", "--output-activation", "softmax", "--loss", "crossEntropy"];
    const more = [
      "--optimizer",
      "sgd",
      ...["--momentum", "0.5", "--nesterov", "--weight-decay", "0.001", "--dropout", "0.1", "--max-norm", "9"],
      ...["--schedule", "stepDecay", "--decay-factor", "0.9", "--decay-every", "5", "--warm-up", "0.5"],
      ...["--patience", "20", "--min-delta", "0.0001", "--metric", "accuracy", "--holdout", "0.25"],
      ...["--checkpoint", "run.checkpoint", "--checkpoint-every", "0.5"],
      "--init",
      "heNormal",
      "--bias-init",
      "gaussian",
      "--threads",
      "1",
      "--deterministic",
    ];
    const [done] = jsonLines(
      outputOf("train", "--data", "data", ...SMALL, "--lr", ".1", ...options, ...more, "--json"),
    ).slice(-1);
    expect(done).toMatchObject({ event: "done", accuracy: 1, out: null, bestEpoch: expect.any(Number) });
    expect(existsSync(join(folder, "run.checkpoint"))).toBe(true);
  });

  it.each([
    ["adam", ["--beta1", "0.8", "--beta2", "0.99", "--epsilon", "1e-6"]],
    ["adamw", ["--weight-decay", "0.1", "--schedule", "cosine", "--floor", "0.1"]],
    ["adam", ["--lr", "0.01", "--schedule", "exponentialDecay", "--decay-factor", "0.9"]],
  ])("trains with %s and %j", (name, options) => {
    const network = ["--activation", "tanh", "--output-activation", "softmax", "--loss", "crossEntropy"];
    const args = ["--layers", "64,8,3", "--epochs", "20", "--batch", "5", ...network];
    const [done] = jsonLines(
      outputOf("train", "--data", "data", ...args, "--optimizer", name, ...options, "--json"),
    ).slice(-1);
    expect(done).toMatchObject({ event: "done", accuracy: 1 });
  });

  it("stops early on held-out samples, and prints the test accuracy of the best weights", () => {
    const { out, err } = wasmlp(
      "train",
      "--data",
      "data",
      ...SMALL,
      "--epochs",
      "500",
      "--patience",
      "3",
      "--min-delta",
      ".1",
    );
    expect(err).toMatch(/^64-8-3, 547 parameters: 180 training samples, 20 held out, 200 test samples\n/);
    const epochs =
      err.match(/^epoch +\d+\/500 {2}loss [\d.]+ {2}validation loss [\d.]+ {2}validation accuracy /gm) ?? [];
    expect(epochs.length).toBeLessThan(100);
    const result = new RegExp(
      `^test accuracy [\\d.]+ % after ${epochs.length} epochs with the weights of epoch ${epochs.length - 3}, `,
    );
    expect(out).toMatch(result);
  });

  it("draws test images with their predictions within 80 columns", () => {
    const out = outputOf("train", "--data", "data", ...SMALL, "--quiet", "--show", "7");
    expect(out.match(/label \d/g)).toEqual([
      "label 0",
      "label 1",
      "label 2",
      "label 0",
      "label 1",
      "label 2",
      "label 0",
    ]);
    expect(out.match(/says \d +\d+ %/g)).toHaveLength(7);
    expect(out).toMatch(/[▀▄█]/);
    expect(out).not.toContain("✗");
    expect(Math.max(...out.split("\n").map((line) => line.length))).toBeLessThanOrEqual(80);
  });

  it("marks wrong predictions", () => {
    expect(
      outputOf("train", "--data", "data", "--layers", "64,3", "--lr", "0", "--epochs", "1", "--show", "9"),
    ).toContain("✗");
  });

  it("warns of unbalanced classes on stderr", () => {
    const { out, err } = wasmlp("train", "--data", "uneven", ...SMALL, "--json");
    expect(err).toMatch(/^warning: training data: class 0 has 50 samples, .*\nwarning: test data: .*\n$/);
    expect(jsonLines(out)).toHaveLength(21);
  });

  it("writes no control characters without a terminal", () => {
    const { out, err } = wasmlp("train", "--data", "data", ...SMALL, "--show", "3");
    expect(`${out}${err}`.replaceAll("\n", "")).not.toMatch(/\p{Cc}/u);
  });

  it("ends without a message when the reader closes the pipe", async () => {
    const { child, outcome } = start("train", "--data", "data", ...SMALL, "--epochs", "1000000", "--json");
    child.stdout?.once("data", () => child.stdout?.destroy());
    expect(await outcome).toMatchObject({ code: 0, err: "" });
  });

  it("writes through a symbolic link, and keeps the file's permissions", () => {
    const path = join(folder, "private");
    writeFileSync(path, "old");
    chmodSync(path, 0o600);
    symlinkSync("private", join(folder, "link"));
    outputOf("train", "--data", "data", ...SMALL, "--quiet", "--out", "link");
    expect(readlinkSync(join(folder, "link"))).toBe("private");
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(jsonLines(outputOf("info", "private", "--json"))[0]).toMatchObject({ parameterCount: 547 });
  });
});

describe("lost output while a model is to be saved", () => {
  const MANY = ["--data", "data", ...SMALL, "--epochs", "300"];
  const parameterCount = (file: string) => jsonLines(outputOf("info", file, "--json"))[0]?.parameterCount;

  it.each(["stdout", "stderr"] as const)(
    "the reader of %s closes the pipe: training completes and the model is saved",
    async (name) => {
      const file = `lost-${name}.safetensors`;
      const { child, outcome } = start("train", ...MANY, ...(name === "stdout" ? ["--json"] : []), "--out", file);
      child[name]?.once("data", () => child[name]?.destroy());
      const { code, out, err } = await outcome;
      expect(code).toBe(0);
      if (name === "stdout") expect(err).toBe("");
      else expect(out).toMatch(/^test accuracy .* after 300 epochs, .*\nsaved to lost-stderr\.safetensors\n$/);
      expect(parameterCount(file)).toBe(547);
      outputOf("train", ...MANY, "--quiet", "--out", "whole.safetensors");
      const [lost, whole] = [file, "whole.safetensors"].map((name) => readFileSync(join(folder, name))) as [
        Buffer,
        Buffer,
      ];
      expect(lost.equals(whole)).toBe(true);
    },
  );

  it.each([
    ["stdout", 1, 1, /^cannot write to standard output: no space is left; continuing without it\n$/],
    ["stderr", 2, 0, /^$/],
  ] as const)("no space for %s: trained to the end and saved", async (name, index, code, words) => {
    const full = openSync("/dev/full", "w");
    const stdio: ("pipe" | number)[] = ["pipe", "pipe", "pipe"];
    stdio[index] = full;
    const file = `full-${name}.safetensors`;
    const json = name === "stdout" ? ["--json"] : [];
    const outcome = await startWith({ stdio }, "train", ...MANY, ...json, "--out", file).outcome;
    closeSync(full);
    expect(outcome.code).toBe(code);
    expect(outcome.err).toMatch(words);
    expect(parameterCount(file)).toBe(547);
  });

  it("no space for the printed result: an error", async () => {
    const full = openSync("/dev/full", "w");
    const { code, err } = await startWith({ stdio: ["pipe", full, "pipe"] }, "info", "--json").outcome;
    closeSync(full);
    expect([code, err]).toEqual([FAILURE, "wasmlp: cannot write to standard output: no space is left\n"]);
  });
});

describe("a signal during training", () => {
  function epochTold(child: ChildProcess): Promise<void> {
    return new Promise((done) => child.stderr?.on("data", (text) => /^epoch/m.test(text) && done()));
  }

  it.each([
    ["SIGINT", 130, "stopped by Ctrl-C"],
    ["SIGTERM", 143, "stopped by SIGTERM"],
    ["SIGHUP", 129, "stopped by SIGHUP"],
  ] as const)("%s saves and exits with %i", async (signal, code, words) => {
    const file = `${signal}.safetensors`;
    const { child, outcome } = start("train", "--data", "data", ...SMALL, "--epochs", "1000000", "--out", file);
    await epochTold(child);
    child.kill(signal);
    const { err, ...rest } = await outcome;
    expect(rest).toEqual({ code, out: "" });
    expect(err.trimEnd().split("\n").at(-1)).toMatch(
      new RegExp(`^${words} after \\d+ of 1000000 epochs; saved to ${file}$`),
    );
    expect(jsonLines(outputOf("info", file, "--json"))[0]).toMatchObject({ parameterCount: 547 });
  });

  it("ends --json with an object that names the saved file", async () => {
    const args = ["train", "--data", "data", ...SMALL, "--epochs", "1000000", "--json"];
    for (const out of ["stopped.safetensors", null]) {
      const { child, outcome } = start(...args, ...(out === null ? [] : ["--out", out]));
      child.stdout?.once("data", () => child.kill("SIGINT"));
      const events = jsonLines((await outcome).out);
      const epochs = events.length - 1;
      expect(events.at(-1)).toEqual({ event: "stopped", reason: "stopped by Ctrl-C", epochs, out });
    }
    expect(existsSync(join(folder, "stopped.safetensors"))).toBe(true);
  });

  it("says that nothing was saved without --out", async () => {
    const { child, outcome } = start("train", "--data", "data", ...SMALL, "--epochs", "1000000");
    await epochTold(child);
    child.kill("SIGINT");
    const { code, err } = await outcome;
    expect(code).toBe(130);
    expect(err).toMatch(/nothing was saved, as there is no --out\n$/);
  });
});

const terminal = /util-linux/.test(spawnSync("script", ["--version"], { encoding: "utf8" }).stdout ?? "");

describe.skipIf(!terminal)("train on a terminal", () => {
  /** The output of a command on a terminal of 80 columns. */
  function onTerminal(...args: string[]): string {
    const command = `stty cols 80; '${process.execPath}' '${program}' ${args.join(" ")}`;
    // Without the rest of the environment: NO_COLOR, CI and others change which colours a terminal is assumed to have.
    const { PATH, HOME, TMPDIR } = process.env;
    const env = { PATH, HOME, TMPDIR, TERM: "xterm-256color" };
    return spawnSync("script", ["-qec", command, "/dev/null"], { cwd: folder, encoding: "utf8", env, input: "" })
      .stdout;
  }

  it("shows a progress bar, a line per epoch, and greyscale images", () => {
    const out = onTerminal("train", "--data", "data", "--layers", "64,8,3", "--epochs", "3", "--show", "1");
    expect(out).toContain("░");
    expect(out).toMatch(/epoch 2\/3 [█░]+ [\d,]+ samples\/s {2}loss [\d.]+ {2}acc [\d.]+ % {2}\d+ s left/);
    expect(out.match(/epoch \d\/3 {2}loss/g)).toHaveLength(3);
    expect(out).toContain("\x1b[38;5;");
  });

  it("saves when the terminal is closed, and ends with 129", async () => {
    // The shell forwards the signal, as shells do, but survives its terminal to print our exit code.
    const train = `'${process.execPath}' '${program}' train --data data --layers 64,8,3 --epochs 100000 --out hung`;
    const command = `trap 'kill -HUP $!' HUP; ${train} & wait $!; wait $!; echo $? > code.part; mv code.part code`;
    const env = { ...process.env, SHELL: "/bin/sh" };
    const child = spawn("script", ["-qec", command, "/dev/null"], { cwd: folder, env });
    await new Promise<void>((done) => child.stdout.on("data", (text) => /epoch \d+\/100000/.test(text) && done()));
    child.kill("SIGKILL");
    await expect.poll(() => existsSync(join(folder, "code"))).toBe(true);
    expect(readFileSync(join(folder, "code"), "utf8")).toBe("129\n");
    expect(jsonLines(outputOf("info", "hung", "--json"))[0]).toMatchObject({ parameterCount: 547 });
  });

  it("shows neither with --quiet", () => {
    const out = onTerminal("train", "--data", "data", "--layers", "64,8,3", "--epochs", "2", "--quiet");
    expect(out).toMatch(/^test accuracy [^\n]*\n$/);
  });
});

describe("evaluate", () => {
  it("prints accuracy, loss and a confusion table", () => {
    const lines = outputOf("evaluate", "model.safetensors", "--data", "data").split("\n");
    expect(lines[0]).toMatch(/^loss {6}0\.0\d+$/);
    expect(lines[1]).toBe("accuracy  100.00 % (200 of 200 test samples)");
    expect(lines.slice(4).map((line) => line.trim().split(/ +/).join(" "))).toEqual([
      "0 1 2",
      "0 67 . .",
      "1 . 67 .",
      "2 . . 66",
      "",
    ]);
  });

  it("prints further metrics, each with how many samples it is of", () => {
    const evaluate = ["evaluate", "model.safetensors", "--data", "data", "--metrics", "top3, top5"];
    const lines = outputOf(...evaluate).split("\n");
    expect(lines[1]).toBe("accuracy        100.00 % (200 of 200 test samples)");
    expect(lines[2]).toBe("top-3 accuracy  100.00 % (200 of 200 test samples)");
    expect(lines[3]).toBe("top-5 accuracy  100.00 % (200 of 200 test samples)");
    expect(jsonLines(outputOf(...evaluate, "--json"))[0]).toMatchObject({ accuracy: 1, top3: 1, top5: 1 });
  });

  it("prints one object with --json, and accepts the training data", () => {
    const [result] = jsonLines(
      outputOf("evaluate", "model.safetensors", "--data", "data", "--split", "train", "--json"),
    );
    const confusion = [
      [67, 0, 0],
      [0, 67, 0],
      [0, 0, 66],
    ];
    expect(result).toEqual({ accuracy: 1, loss: expect.any(Number), count: 200, confusion });
  });
});

describe("predict", () => {
  it("reads grey and colour, with and without transparency", () => {
    writePng("grey-alpha.png", 2, (grey) => [255, grey]);
    writePng("rgb.png", 3, (grey) => [grey, grey, grey]);
    writePng("rgba.png", 4, (grey) => [grey, grey, grey, 255]);
    const images = ["grey.png", "grey-alpha.png", "rgb.png", "rgba.png"];
    const results = jsonLines(outputOf("predict", "--raw", ...images, "--model", "model.safetensors", "--json"));
    expect(results.map(({ image }) => image)).toEqual(images);
    for (const { label, probabilities } of results) {
      expect(label).toBe(1);
      expect(probabilities).toEqual(results[0]?.probabilities);
      expect(probabilities).toHaveLength(CLASSES);
    }
  });

  it("treats the transparent colour of grey and colour images as black", () => {
    const probabilities = (name: string) =>
      jsonLines(outputOf("predict", "--raw", name, "--model", "model.safetensors", "--json"))[0]?.probabilities;
    const grey = (i: number) => (i % 3 === 0 ? 200 : i);
    writeRawPng(
      "keyless.png",
      rowsOf((i) => [i % 3 === 0 ? 0 : i]),
    );
    writeRawPng(
      "grey-key.png",
      rowsOf((i) => [grey(i)]),
      { extra: [["tRNS", Uint8Array.of(0, 200)]] },
    );
    expect(probabilities("grey-key.png")).toEqual(probabilities("keyless.png"));
    const rgb = rowsOf((i) => (i % 3 === 0 ? [200, 1, 2] : [i, i, i]));
    const key = Uint8Array.of(0, 200, 0, 1, 0, 2);
    const suggestion: [string, Uint8Array] = ["PLTE", Uint8Array.of(9, 9, 9)];
    writeRawPng("rgb-key.png", rgb, { colour: 2, extra: [suggestion, ["tRNS", key]] });
    expect(probabilities("rgb-key.png")).toEqual(probabilities("keyless.png"));
    writeRawPng("rgb-near.png", rgb, { colour: 2, extra: [["tRNS", Uint8Array.of(0, 200, 0, 1, 0, 3)]] });
    expect(probabilities("rgb-near.png")).not.toEqual(probabilities("keyless.png"));
  });

  it("weights colours by their luminance", () => {
    writePng("red.png", 3, () => [200, 0, 0]);
    writePng("dark.png", 1, () => [60]);
    const [red, dark] = jsonLines(
      outputOf("predict", "--raw", "red.png", "dark.png", "--model", "model.safetensors", "--json"),
    );
    expect(red?.probabilities).toEqual(dark?.probabilities);
  });

  it("reads grey of 1 to 16 bits", () => {
    const label = (name: string) =>
      jsonLines(outputOf("predict", "--raw", name, "--model", "model.safetensors", "--json"))[0];
    const bright = (i: number) => Math.floor(i / 24) === 1;
    const rows = (bytes: (y: number) => number[]) =>
      Uint8Array.from(Array.from({ length: SIDE }, (_, y) => [0, ...bytes(y)]).flat());
    const eight = rows((y) => Array.from({ length: 8 }, (_, x) => (bright(8 * y + x) ? 255 : 0)));
    writeRawPng("eight.png", eight);
    writeRawPng(
      "one.png",
      rows((y) => [bright(8 * y) ? 255 : 0]),
      { depth: 1 },
    );
    writeRawPng(
      "four.png",
      rows((y) => Array.from({ length: 4 }, () => (bright(8 * y) ? 255 : 0))),
      { depth: 4 },
    );
    writeRawPng(
      "sixteen.png",
      rows((y) => Array.from({ length: 16 }, () => (bright(8 * y) ? 255 : 0))),
      { depth: 16 },
    );
    for (const name of ["one.png", "four.png", "sixteen.png"]) {
      expect(label(name)?.probabilities, name).toEqual(label("eight.png")?.probabilities);
    }
  });

  it("prints a table of files and folders, PNG and JPEG, with Exif orientations applied", () => {
    const out = outputOf("predict", "digits", "--model", "digits.safetensors").split("\n");
    expect(out[0]).toBe("image          label  probability  second guess");
    expect(out.slice(1, 4).map((line) => line.split(/ {2,}/)[0])).toEqual([
      "digits/a.png",
      "digits/b.JPG",
      "digits/c.jpeg",
    ]);
    for (const row of out.slice(1, 4)) expect(row).toMatch(/^digits\/\S+ +7 +\d\d % {2}3 \(\d+ %\)$/);
    expect(out.slice(4)).toEqual([""]);
  });

  it("uses the pretrained model by default", () => {
    const same = resolve(import.meta.dirname, "../../models/digits.safetensors");
    const results = jsonLines(outputOf("predict", "digits", "--json"));
    const answers = results.map(({ image, label, probabilities }) => ({ image, label, probabilities }));
    expect(answers).toEqual(jsonLines(outputOf("predict", "digits", "--json", "--model", same)));
    expect(results.map(({ label }) => label)).toEqual([7, 7, 7]);
    for (const { doubt, isDigit } of results) {
      expect(doubt).toBeLessThan(0.9);
      expect(isDigit).toBe(true);
    }
  });

  it("answers none for a picture that shows no digit, with the pretrained model only", () => {
    // A star of four lines.
    const isLine = (x: number, y: number) => [x - y, x + y - 100, x - 50, y - 50].some((away) => Math.abs(away) < 4);
    const isInk = (x: number, y: number) => Math.min(x, y) > 10 && Math.max(x, y) < 90 && isLine(x, y);
    const data = Uint8Array.from({ length: 10_000 }, (_, i) => (isInk(i % 100, Math.floor(i / 100)) ? 0 : 255));
    writeFileSync(join(folder, "star.png"), encode({ width: 100, height: 100, data, channels: 1, depth: 8 }));
    const [row = "", , ...drawn] = outputOf("predict", "star.png", "--show").split("\n").slice(1);
    expect(row).toMatch(/^star\.png +none +\d+ % {2}if a digit, \d$/);
    expect(drawn.at(-2)).toMatch(/^says none \d+ %$/);
    const [result] = jsonLines(outputOf("predict", "star.png", "--json"));
    expect(result).toMatchObject({ isDigit: false, isSure: false });
    expect(result?.doubt).toBeGreaterThan(0.98);
    const own = jsonLines(outputOf("predict", "star.png", "--json", "--model", "digits.safetensors"));
    expect(Object.keys(own[0] ?? {})).toEqual(["image", "label", "probabilities"]);
  });

  it("predicts the same for a PNG, a JPEG and a rotated JPEG", () => {
    const results = jsonLines(outputOf("predict", "digits", "--model", "digits.safetensors", "--json"));
    const [png, jpeg, turned] = results.map(({ probabilities }) => (probabilities as number[])[7] as number);
    expect(jpeg).toBeCloseTo(png as number, 1);
    expect(turned).toBeCloseTo(png as number, 1);
    expect(results.map(({ label }) => label)).toEqual([7, 7, 7]);
  });

  it("draws the input of the network with --show", () => {
    const out = outputOf("predict", "digits/a.png", "--show", "--model", "digits.safetensors").split("\n");
    expect(out[1]).toMatch(/^digits\/a\.png/);
    const drawn = out.slice(3);
    expect(drawn.join("")).toMatch(/[▀▄█]{3}/);
    expect(drawn.at(-3)).toBe("a.png");
    expect(drawn.at(-2)).toMatch(/^says 7 \d+ %$/);
  });

  it("predicts the valid files and reports the others", () => {
    const { code, out, err } = wasmlp(
      "predict",
      "white.png",
      "digits/a.png",
      "nowhere.png",
      "--model",
      "digits.safetensors",
    );
    expect(code).toBe(FAILURE);
    expect(out.split("\n")).toHaveLength(3);
    expect(err).toBe(
      "wasmlp: nothing is drawn on white.png, so there is nothing to predict\n" +
        "wasmlp: cannot read nowhere.png: there is no such file or folder\n",
    );
  });
});

describe("explain", () => {
  it("prints the product of the factors, and the sample", () => {
    const out = outputOf("explain", "model.safetensors", "--data", "data", "--sample", "4", "--weight", "1,2,3");
    expect(out).toMatch(/^Sample 4 of the 200 test samples of data, label 1:\n/);
    expect(out).toContain("∂C/∂w = ∂z/∂w · ∂a/∂z · ∂C/∂a");
  });

  it("prints the explanation with --json", () => {
    const args = ["--data", "data", "--weight", "0,7,63", "--lr", "0.05", "--json"];
    const [explanation] = jsonLines(outputOf("explain", "model.safetensors", ...args));
    const { gradient, weight, corrected } = explanation as { gradient: number; weight: number; corrected: number };
    expect(explanation).toMatchObject({ position: { layer: 0, unit: 7, input: 63 }, learningRate: 0.05 });
    expect(corrected).toBeCloseTo(weight - 0.05 * gradient, 12);
  });
});

describe("info, help and version", () => {
  it("describes a model", () => {
    const [info] = jsonLines(outputOf("info", "model.safetensors", "--json"));
    const bytes = statSync(join(folder, "model.safetensors")).size;
    const layers = [8, 3].map((units) => ({ units, activation: "sigmoid" }));
    expect(info).toMatchObject({
      model: "model.safetensors",
      spec: { inputs: 64, layers },
      parameterCount: 547,
      bytes,
    });
    expect(outputOf("info", "model.safetensors")).toMatch(/^layer 1 +3 sigmoid$/m);
  });

  it("describes a model from a pipe, and the size of a compressed file", () => {
    const model = readFileSync(join(folder, "model.safetensors"));
    const command = `cat model.safetensors > pipe & '${process.execPath}' '${program}' info pipe --json`;
    const { stdout } = spawnSync("sh", ["-c", command], { cwd: folder, encoding: "utf8" });
    expect(jsonLines(stdout)[0]).toMatchObject({ parameterCount: 547, bytes: model.length });
    const folded = gzipSync(model);
    writeFileSync(join(folder, "model.gz"), folded);
    expect(jsonLines(outputOf("info", "model.gz", "--json"))[0]).toMatchObject({
      parameterCount: 547,
      bytes: folded.length,
    });
  });

  it("prints a command's help by `help` and by --help", () => {
    expect(outputOf("help")).toBe(outputOf("--help"));
    expect(outputOf("help", "train")).toBe(outputOf("train", "--help"));
  });

  it("describes the machine", () => {
    const [info] = jsonLines(outputOf("info", "--json"));
    expect(info).toMatchObject({ node: process.versions.node, v8: process.versions.v8 });
    expect(info).toMatchObject({
      features: { simd: true, relaxedSimd: expect.any(Boolean), threads: expect.any(Number) },
      build: expect.any(String),
    });
    expect(outputOf("info")).toMatch(/^SIMD +yes$/m);
  });

  it("prints an example for each command, and its defaults", () => {
    for (const command of ["train", "evaluate", "predict", "explain", "info"]) {
      expect(outputOf(command, "--help")).toMatch(new RegExp(`^Examples?:\n  \\$ wasmlp ${command}`, "m"));
    }
    expect(outputOf("train", "--help")).toMatch(/\(default:\s+784,16,16,10\)/);
  });

  it("prints its version", () => {
    const manifest = JSON.parse(readFileSync(resolve(import.meta.dirname, "../../package.json"), "utf8"));
    expect(outputOf("--version")).toBe(`${manifest.version}\n`);
  });
});

const [USAGE, FAILURE] = [2, 1];
const train = (...args: string[]) => ["train", "--data", "data", ...SMALL, ...args];
const predict = (image: string) => ["predict", image, "--model", "digits.safetensors"];

describe("errors: one sentence on stderr", () => {
  it.each<[string, number, string[], RegExp]>([
    ["an unknown command", USAGE, ["trian"], /no command "trian"; there are train, evaluate, predict, explain, info/],
    [
      "help of an unknown command",
      USAGE,
      ["help", "foo"],
      /no command "foo"; there are train, evaluate, predict, explain, info/,
    ],
    ["an unknown option", USAGE, ["train", "--epoch", "3"], /unknown option '--epoch' \(Did you mean --epochs\?\)/],
    ["an option without its value", USAGE, ["train", "--epochs"], /'--epochs <n>' argument missing/],
    ["a surplus argument", USAGE, ["train", "data"], /too many arguments/],
    [
      "an unknown metric",
      USAGE,
      ["evaluate", "model.safetensors", "--metrics", "loss,auc"],
      /"--metrics" must be one of "loss", "accuracy", "top3", "top5", got "auc"/,
    ],
    ["a missing argument", USAGE, ["evaluate"], /missing required argument 'model'/],
    [
      "an unknown activation",
      USAGE,
      ["train", "--activation", "x"],
      /"--activation" must be one of "sigmoid", "tanh", .* got "x"/,
    ],
    [
      "an unknown loss",
      USAGE,
      ["train", "--loss", "x"],
      /"--loss" must be one of "quadratic", .*"crossEntropy", got "x"/,
    ],
    [
      "an unknown optimizer",
      USAGE,
      ["train", "--optimizer", "x"],
      /"--optimizer" must be one of "sgd", "adam", "adamw", "rmsprop", got "x"/,
    ],
    [
      "a loss that does not fit",
      USAGE,
      ["train", "--output-activation", "softmax", "--loss", "quadratic"],
      /"--loss" is "quadratic", but .*"softmax"/,
    ],
    ["letters after a number", USAGE, ["train", "--epochs", "1e3x"], /"--epochs" must be a whole number .* got "1e3x"/],
    ["an empty number", USAGE, ["train", "--batch", ""], /"--batch" must be a whole number .* got ""/],
    ["a hexadecimal number", USAGE, ["train", "--seed", "0x10"], /"--seed" must be a whole number .* got "0x10"/],
    ["a fractional number", USAGE, ["train", "--show", "1.5"], /"--show" must be a whole number .* got "1.5"/],
    [
      "an option of another optimizer",
      USAGE,
      ["train", "--optimizer", "adam", "--momentum", "0.9"],
      /"--momentum" does not go with "--optimizer" adam/,
    ],
    [
      "an option of another schedule",
      USAGE,
      ["train", "--schedule", "cosine", "--decay-factor", "0.9"],
      /"--decay-factor" does not go with "--schedule" cosine/,
    ],
    [
      "a schedule without a required option",
      USAGE,
      ["train", "--schedule", "stepDecay", "--decay-every", "2"],
      /needs "--decay-factor"/,
    ],
    ["nesterov alone", USAGE, ["train", "--nesterov"], /"--momentum" must be above 0 for Nesterov momentum, got 0/],
    [
      "a momentum of 1",
      USAGE,
      ["train", "--momentum", "1"],
      /"--momentum" must be a finite number from 0 to 0.999999, got 1/,
    ],
    [
      "a decay factor of 2",
      USAGE,
      [...["train", "--schedule", "exponentialDecay"], "--decay-factor", "2"],
      /"--decay-factor" must be/,
    ],
    [
      "a warm-up longer than the training",
      USAGE,
      train("--warm-up", "20", "--quiet"),
      /"--warm-up" must be less than the 20 epochs of the training, got 20/,
    ],
    ["a dropout of 1", USAGE, ["train", "--dropout", "1"], /"--dropout" must be a finite number from 0 to 0.99, got 1/],
    [
      "a maximum norm of 0",
      USAGE,
      train("--max-norm", "0", "--quiet"),
      /"--max-norm" must be a finite number from 1e-15 .* got 0/,
    ],
    ["no patience", USAGE, ["train", "--patience", "0"], /"--patience" must be a whole number from 1 .* got "0"/],
    [
      "an interval without a checkpoint",
      USAGE,
      ["train", "--checkpoint-every", "5"],
      /"--checkpoint-every" needs "--checkpoint"/,
    ],
    [
      "dropout without a hidden layer",
      USAGE,
      ["train", "--layers", "784,10", "--dropout", "0.1"],
      /"--dropout" needs a hidden layer/,
    ],
    ["a delta without patience", USAGE, ["train", "--min-delta", "1"], /"--min-delta" needs "--patience"/],
    ["everything held out", USAGE, train("--holdout", "1"), /"--holdout" must leave training samples on both sides/],
    [
      "nothing held out",
      USAGE,
      train("--holdout", "0.001"),
      /"--holdout" must leave training samples on both sides of 200/,
    ],
    [
      "half a step",
      USAGE,
      ["train", "--checkpoint-every", "0.5steps"],
      /"--checkpoint-every" must be .* got "0.5steps"/,
    ],
    [
      "an interval in minutes",
      USAGE,
      ["train", "--checkpoint-every", "5m"],
      /"--checkpoint-every" must be seconds or .* got "5m"/,
    ],
    [
      "one file for checkpoint and network",
      USAGE,
      train("--checkpoint", "both", "--out", "./data/../both"),
      /"--checkpoint" and "--out" must be two files, got "both" and ".\/data\/..\/both"/,
    ],
    ["a checkpoint that is a folder", FAILURE, train("--checkpoint", "data"), /cannot write data: it is a folder/],
    [
      "a model as a checkpoint",
      FAILURE,
      train("--resume", "model.safetensors", "--quiet"),
      /cannot resume from model\.safetensors: the checkpoint holds no training to go on with: its metadata/,
    ],
    ["a cut checkpoint", FAILURE, train("--resume", "cut.safetensors", "--quiet"), /cut\.safetensors/],
    ["zero epochs", USAGE, ["train", "--epochs", "0"], /"--epochs" must be a whole number from 1 .* got "0"/],
    ["a negative rate", USAGE, ["train", "--lr", "-1"], /"--lr" must be a number of at least 0, got "-1"/],
    ["an infinite rate", USAGE, ["train", "--lr", "1e999"], /"--lr" must be a number of at least 0, got "1e999"/],
    ["one layer", USAGE, ["train", "--layers", "784"], /"--layers" must be two or more whole numbers .* got "784"/],
    [
      "a layer of half a unit",
      USAGE,
      ["train", "--layers", "4,.5"],
      /"--layers" must be two or more whole numbers .* got "4,.5"/,
    ],
    [
      "too wide a layer",
      USAGE,
      ["train", "--layers", "784,99999999,10"],
      /"--layers" must be .* to 1048576, got 99999999/,
    ],
    [
      "too many threads",
      USAGE,
      ["train", "--threads", "65"],
      /"--threads" must be "auto" or a whole number from 1 to 64, got "65"/,
    ],
    ...["letters", "", "shift", "shift=", "shift=x", "shift=1=2", "shift=1,shift=2", "elastic=3", "digits,shift=1"].map(
      (how): [string, number, string[], RegExp] => [
        `an augmentation of "${how}"`,
        USAGE,
        ["train", "--augment", how],
        /"--augment" must be "digits", or numbers for one or more of shift, .* got "/,
      ],
    ),
    [
      "an augmentation out of bounds",
      USAGE,
      ["train", "--augment", "rotation=181"],
      /the rotation of "--augment" must be a finite number from 0 to 180, got 181/,
    ],
    [
      "half an elastic distortion",
      USAGE,
      ["train", "--augment", "alpha=3"],
      /the sigma of "--augment" must be a number, got undefined/,
    ],
    [
      "layers that do not begin with the pixels",
      USAGE,
      train("--layers", "65,3"),
      /"--layers" must begin with the 64 pixels \(8x8\).* got 65/,
    ],
    [
      "layers that do not end with the classes",
      USAGE,
      train("--layers", "64,2"),
      /"--layers" must end with at least 3.* got 2/,
    ],
    [
      "a batch larger than the data",
      USAGE,
      train("--batch", "201"),
      /"--batch" must be at most the 200 training samples.* got 201/,
    ],
    ["a missing data folder", FAILURE, ["train", "--data", "nowhere"], /nowhere/],
    ["mismatched counts", FAILURE, ["train", "--data", "mismatched"], /holds 3 images, but .* holds 2 labels/],
    ["an empty --out", USAGE, train("--out", ""), /"--out" must be a path, got ""/],
    ["an --out that is a folder", FAILURE, train("--out", "data"), /cannot write data: it is a folder/],
    [
      "an --out in a missing folder",
      FAILURE,
      train("--out", "nowhere/x"),
      /cannot write nowhere\/x: there is no such file or folder/,
    ],
    ["an --out that is a pipe", FAILURE, train("--out", "pipe"), /cannot write pipe: it is not an ordinary file/],
    ["an --out in /proc", FAILURE, train("--out", "/proc/x"), /cannot write \/proc\/x: /],
    ["a missing model", FAILURE, ["evaluate", "nowhere", "--data", "data"], /nowhere/],
    ["a truncated model", FAILURE, ["evaluate", "cut.safetensors", "--data", "data"], /cut\.safetensors/],
    ["an endless device", FAILURE, ["info", "/dev/zero"], /cannot read \/dev\/zero: it is not a file/],
    ["a file that is no model", FAILURE, ["info", "text.png"], /text\.png/],
    ["mismatched test data", FAILURE, ["evaluate", "model.safetensors", "--data", "mismatched"], /holds 3 images/],
    [
      "an image of another size",
      FAILURE,
      ["predict", "large.png", "--model", "model.safetensors", "--raw"],
      /large\.png is 32x32 pixels, but the network takes 8x8/,
    ],
    [
      "a model that does not take digits",
      FAILURE,
      ["predict", "large.png", "--model", "model.safetensors"],
      /model\.safetensors takes 64 inputs, but digits have 784 \(28x28\); --raw uses images unchanged/,
    ],
    [
      "--show with --json",
      USAGE,
      [...predict("digits/a.png"), "--show", "--json"],
      /"--show" does not go with "--json"/,
    ],
    [
      "a file that is no image",
      FAILURE,
      predict("text.png"),
      /text\.png is no image of a format that is read: PNG, JPEG, GIF or BMP/,
    ],
    ["an empty file", FAILURE, predict("empty.png"), /empty\.png is empty/],
    ["a blank image", FAILURE, predict("white.png"), /nothing is drawn on white\.png/],
    [
      "a folder without images",
      FAILURE,
      predict("nothing"),
      /the folder nothing holds no images \(PNG, JPEG, GIF or BMP\)/,
    ],
    ["a truncated PNG", FAILURE, predict("cut.png"), /cut\.png is not a whole PNG file/],
    ["a truncated JPEG", FAILURE, predict("cut.jpg"), /cut\.jpg is not a whole JPEG file/],
    [
      "a gigantic PNG",
      FAILURE,
      predict("huge.png"),
      /huge\.png is 2000000000x2000000000 pixels, and 268435456 .* most; save it smaller/,
    ],
    [
      "a gigantic JPEG",
      FAILURE,
      predict("huge.jpg"),
      /huge\.jpg is 65000x65000 pixels, and 268435456 pixels are the most; save it smaller/,
    ],
    ["an image with too little data", FAILURE, predict("thin.png"), /thin\.png is not a whole PNG file/],
    [
      "half a transparent colour",
      FAILURE,
      predict("half-key.png"),
      /half-key\.png is a damaged PNG file: its transparent/,
    ],
    ["an empty palette", FAILURE, predict("colourless.png"), /damaged PNG file: its palette is missing/],
    ["a missing image", FAILURE, predict("nowhere.png"), /cannot read nowhere\.png: there is no such file/],
    [
      "a position without a weight",
      USAGE,
      ["explain", "model.safetensors", "--data", "data", "--weight", "2,0,0"],
      /the layer of "--weight" must be .* from 0 to 1, got 2/,
    ],
    [
      "half a weight",
      USAGE,
      ["explain", "model.safetensors", "--weight", "1,2"],
      /"--weight" must be LAYER,UNIT,INPUT.* got "1,2"/,
    ],
    [
      "a sample out of range",
      USAGE,
      ["explain", "model.safetensors", "--data", "data", "--weight", "0,0,0", "--sample", "200"],
      /"--sample" must be from 0 to 199.* got 200/,
    ],
  ])("%s", (_, code, args, message) => {
    const outcome = wasmlp(...args);
    expect(outcome).toMatchObject({ code, out: "" });
    expect(outcome.err).toMatch(/^wasmlp: [^\n]+\n$/);
    expect(outcome.err).toMatch(message);
    expect(outcome.err).not.toMatch(/\bat .*:\d+:\d+/);
  });

  it("diverging training, which does not overwrite an earlier model", () => {
    const before = readFileSync(join(folder, "model.safetensors"));
    const wild = ["--activation", "relu", "--output-activation", "linear", "--lr", "1e9", "--quiet"];
    const { code, out, err } = wasmlp(...train(...wild, "--out", "model.safetensors"));
    expect([code, out]).toEqual([FAILURE, ""]);
    expect(err).toMatch(
      /^wasmlp: training diverged: .* at epoch 1, step \d+; the network holds [^\n;]+; try [^\n]+\n$/,
    );
    expect(readFileSync(join(folder, "model.safetensors")).equals(before)).toBe(true);
  });

  it("no command: help on stderr", () => {
    const { code, out, err } = wasmlp();
    expect([code, out]).toEqual([USAGE, ""]);
    expect(err).toMatch(/^Usage: wasmlp/);
  });

  it("replaces control characters in file names", () => {
    expect(wasmlp("info", "no\nsuch\x1b[31m").err).toMatch(/^wasmlp: cannot read no such\?\[31m: [^\n]+\n$/);
  });
});
