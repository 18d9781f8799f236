// Shared by the decoders of image files: the limit on the size, and the error for a damaged file.

/** 33.6 megapixels: more than most cameras produce, and 134 MB as RGBA. */
const MAX_PIXELS = 2 ** 25;

/** Throws if the image is too large. Call it before allocating memory for the pixels. */
export function checkSize(width: number, height: number, path: string): void {
  if (width * height <= MAX_PIXELS) return;
  throw new Error(`${path} is ${width}x${height} pixels, and ${MAX_PIXELS} pixels are the most`);
}

/** The error for a file whose content is invalid. */
export function damaged(path: string, kind: string, problem: string, cause?: unknown): Error {
  return new Error(`${path} is a damaged ${kind} file: ${problem}`, { cause });
}
