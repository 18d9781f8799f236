// Pictures that the user drops onto the page, in place of a drawing.

import { pictureKind } from "../drops.js";
import { contextOf } from "./ink.js";

/** A picture on the paper. */
export interface Picture {
  /** Name of its file. */
  name: string;
  canvas: HTMLCanvasElement;
  pixels: ImageData;
}

/** Maximum side in pixels; larger pictures are scaled down, as a digit needs far fewer. */
const MAX_SIDE = 1024;

/** Reads a picture's file, upright as its camera meant it. Throws an Error with a sentence if the browser cannot. */
export async function readPicture(file: File): Promise<Picture> {
  const image = await createImageBitmap(file).catch(async (cause: Error) => {
    const kind = (await pictureKind(file)) ?? "file";
    throw new Error(`${file.name} is a ${kind} that this browser cannot read`, { cause });
  });
  const scale = Math.min(1, MAX_SIDE / Math.max(image.width, image.height));
  const [width, height] = [image.width, image.height].map((side) => Math.max(1, Math.round(side * scale)));
  const canvas = Object.assign(document.createElement("canvas"), { width, height });
  const context = contextOf(canvas, { willReadFrequently: true });
  context.drawImage(image, 0, 0, canvas.width, canvas.height);
  image.close();
  return { name: file.name, canvas, pixels: context.getImageData(0, 0, canvas.width, canvas.height) };
}
