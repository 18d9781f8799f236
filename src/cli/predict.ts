// wasmlp predict

import { readFile } from "node:fs/promises";
import { type Command, Option } from "commander";
import { decode } from "fast-png";
import { reason } from "../files.js";
import { loadModel } from "./data.js";
import { JSON_OPTION } from "./options.js";
import { Failure, percent, print, printJson, usage } from "./output.js";

/** Longer sides are no image for such a network, and could ask for any amount of memory. */
const MOST_SIDE = 4096;
const SIGNATURE = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];
/** Shares of red, green and blue in brightness (ITU-R BT.601). */
const LUMA = [0.299, 0.587, 0.114] as const;

export function predictCommand(program: Command): void {
  program
    .command("predict")
    .description("say what PNG images show; light on black and of the network's size, as in MNIST")
    .argument("<IMAGE...>", "8-bit PNG files, grey or colour")
    .addOption(new Option("--model <FILE>", "a model that train saved"))
    .addOption(JSON_OPTION)
    .addHelpText("after", "\nExample:\n  wasmlp predict seven.png --model digits.safetensors")
    .action(predict);
}

async function predict(images: string[], options: { model?: string; json?: boolean }): Promise<void> {
  if (options.model === undefined) throw usage("predict needs --model FILE, a model that train saved");
  const network = await loadModel(options.model);
  const { inputs } = network.spec;
  for (const image of images) {
    const { label, probabilities } = network.classify(await readPixels(image, inputs));
    if (options.json) printJson({ image, label, probabilities: Array.from(probabilities) });
    else print(`${image}: ${label} (${percent(probabilities[label] as number)})`);
  }
}

/** The brightness of each pixel, `inputs` of them. */
async function readPixels(path: string, inputs: number): Promise<Uint8Array> {
  const bytes = await readFile(path).catch((cause) => {
    throw new Failure(`cannot read ${path}: ${reason(cause)}`);
  });
  checkHeader(bytes, path, inputs);
  try {
    return brightness(decode(bytes));
  } catch (cause) {
    throw new Failure(`${path} is a damaged PNG file: ${(cause as Error).message}`);
  }
}

/** Type, size and depth stand in the first 25 bytes; nothing is decoded before they are known. */
function checkHeader(bytes: Uint8Array, path: string, inputs: number): void {
  if (bytes.length < 33 || SIGNATURE.some((byte, i) => bytes[i] !== byte))
    throw new Failure(`${path} is not a PNG file`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const [width, height, depth] = [view.getUint32(16), view.getUint32(20), view.getUint8(24)];
  if (width > MOST_SIDE || height > MOST_SIDE || width * height !== inputs) {
    const side = Math.sqrt(inputs);
    const wanted = Number.isInteger(side) ? `${side}x${side}` : `${inputs} pixels`;
    throw new Failure(`${path} is ${width}x${height}, but the network takes ${wanted}`);
  }
  if (depth > 8) throw new Failure(`${path} has ${depth} bits a channel; 8 are read`);
}

function brightness(image: ReturnType<typeof decode>): Uint8Array {
  const { data, channels, palette, depth } = image;
  const pixels = new Uint8Array(image.width * image.height);
  const most = 2 ** depth - 1;
  for (let i = 0; i < pixels.length; i++) {
    const at = i * channels;
    const colour = palette ? (palette[data[at] as number] as number[]) : Array.from(data.subarray(at, at + channels));
    const grey =
      palette || channels >= 3
        ? LUMA.reduce((sum, part, c) => sum + part * (colour[c] as number), 0)
        : (colour[0] as number);
    const alpha = !palette && channels % 2 === 0 ? (colour[channels - 1] as number) / most : 1;
    pixels[i] = Math.round((palette ? grey : (grey * 255) / most) * alpha);
  }
  return pixels;
}
