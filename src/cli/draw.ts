// Small greyscale images as terminal text, side by side. Each character shows two pixels, one above the other.

export interface Drawing {
  /** `[rows][columns]`, from 0 (black) to 1 (white). */
  pixels: ArrayLike<number>;
  rows: number;
  columns: number;
  /** Lines of text below the image. */
  caption: string[];
}

/** Maximum width and height after scaling down; five images of 28x28, scaled to 14x14, then fit into 80 columns. */
const MAX_PIXELS = 16;
/** Between two images. */
const GAP = "  ";
/** Minimum brightness of a lit pixel without greys. Below one half, because scaling down makes thin strokes darker. */
const LIT = 0.3;
/** First grey and number of greys in the 256-colour palette of terminals. */
const [BLACK, GREYS] = [232, 24];

/**
 * The lines of all drawings, as many side by side as fit into `width` columns. With `greys` they use escape codes for 256 colours,
 * without it half blocks only.
 */
export function drawSideBySide(drawings: Drawing[], width: number, greys: boolean): string[] {
  const blocks = drawings.map((drawing) => drawBlock(drawing, greys));
  // Not Math.max(...): the number of drawings can exceed the limit on arguments of a call.
  const column = blocks.reduce((most, block) => Math.max(most, block.width), 0);
  const perRow = Math.max(1, Math.floor((width + GAP.length) / (column + GAP.length)));
  const lines: string[] = [];
  for (let from = 0; from < blocks.length; from += perRow) {
    if (from > 0) lines.push("");
    lines.push(...beside(blocks.slice(from, from + perRow), column));
  }
  return lines;
}

/** The lines of one drawing. Widths count visible characters, without escape codes. */
interface Block {
  image: string[];
  imageWidth: number;
  caption: string[];
  width: number;
}

/** Renders one drawing; an odd last row is completed with black pixels. */
function drawBlock(drawing: Drawing, greys: boolean): Block {
  const { pixels, rows, columns } = shrink(drawing);
  const at = (row: number, column: number) => (row < rows ? (pixels[row * columns + column] as number) : 0);
  const image = Array.from({ length: Math.ceil(rows / 2) }, (_, line) => {
    const cells = Array.from({ length: columns }, (_, c) => cell(at(2 * line, c), at(2 * line + 1, c), greys));
    return cells.join("") + (greys ? "\x1b[0m" : "");
  });
  const width = Math.max(columns, ...drawing.caption.map((line) => line.length));
  return { image, imageWidth: columns, caption: drawing.caption, width };
}

/** Joins blocks line by line, each padded to `column` characters; captions start on one line below the tallest image. */
function beside(blocks: Block[], column: number): string[] {
  const height = Math.max(...blocks.map((block) => block.image.length));
  const captions = Math.max(...blocks.map((block) => block.caption.length));
  const images = Array.from({ length: height }, (_, i) =>
    blocks.map(({ image, imageWidth }) => (image[i] ?? " ".repeat(imageWidth)) + " ".repeat(column - imageWidth)),
  );
  const words = Array.from({ length: captions }, (_, i) =>
    blocks.map(({ caption }) => (caption[i] ?? "").padEnd(column)),
  );
  return [...images, ...words].map((parts) => parts.join(GAP).trimEnd());
}

/** Scales down by the smallest whole factor that satisfies `MAX_PIXELS`; each pixel is the mean of a square of pixels. */
function shrink({ pixels, rows, columns }: Drawing): Omit<Drawing, "caption"> {
  const factor = Math.ceil(Math.max(rows, columns) / MAX_PIXELS);
  const small = { rows: Math.ceil(rows / factor), columns: Math.ceil(columns / factor) };
  const means = Array.from({ length: small.rows * small.columns }, (_, i) => {
    const [top, left] = [Math.floor(i / small.columns) * factor, (i % small.columns) * factor];
    let sum = 0;
    for (let row = top; row < Math.min(rows, top + factor); row++) {
      for (let column = left; column < Math.min(columns, left + factor); column++) {
        sum += pixels[row * columns + column] as number;
      }
    }
    // Squares that extend past the edge are completed with black.
    return sum / factor ** 2;
  });
  return { pixels: means, ...small };
}

/** One character for two pixels: the upper half block has the upper pixel as foreground and the lower as background. */
function cell(upper: number, lower: number, greys: boolean): string {
  if (greys) return `\x1b[38;5;${grey(upper)};48;5;${grey(lower)}m▀`;
  return [" ", "▄", "▀", "█"][Number(upper >= LIT) * 2 + Number(lower >= LIT)] as string;
}

/** Palette index of a brightness from 0 to 1. */
function grey(brightness: number): number {
  return BLACK + Math.min(GREYS - 1, Math.max(0, Math.floor(brightness * GREYS)));
}
