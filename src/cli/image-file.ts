// What decoders of image files share: how large a picture may be, and how a damaged file is told of.

/** 33.6 megapixels: more than phones' pictures have, and 134 MB in memory. */
const MOST_PIXELS = 2 ** 25;

/** Refuses sizes before anything of that size is made. Error names the file. */
export function checkSize(width: number, height: number, path: string): void {
  if (width * height <= MOST_PIXELS) return;
  throw new Error(`${path} is ${width}x${height} pixels, and ${MOST_PIXELS} pixels are the most`);
}

export function damaged(path: string, kind: string, problem: string, cause?: unknown): Error {
  return new Error(`${path} is a damaged ${kind} file: ${problem}`, { cause });
}
