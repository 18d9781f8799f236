// Small grey images in a terminal, side by side: each character is two pixels, one above the other.

export interface Drawing {
  /** `[rows][columns]`, from 0 (black) to 1 (white). */
  pixels: ArrayLike<number>;
  rows: number;
  columns: number;
  /** Lines to stand under it. */
  caption: string[];
}

/** Images are shrunk until they are at most this wide and high, so that five of 28x28 fit into 80 columns. */
const MOST_PIXELS = 16;
const GAP = "  ";
/** From here on a pixel is drawn where there are no greys: strokes that shrinking has thinned must stay whole. */
const LIT = 0.3;
/** The 24 greys of the terminals' 256 colours. */
const [BLACK, GREYS] = [232, 24];

/** The lines of all drawings, as many side by side as `width` columns take. With `greys`, in 256 colours. */
export function drawSideBySide(drawings: Drawing[], width: number, greys: boolean): string[] {
  const blocks = drawings.map((drawing) => drawBlock(drawing, greys));
  // There can be more drawings than a call of Math.max takes arguments.
  const column = blocks.reduce((most, block) => Math.max(most, block.width), 0);
  const abreast = Math.max(1, Math.floor((width + GAP.length) / (column + GAP.length)));
  const lines: string[] = [];
  for (let from = 0; from < blocks.length; from += abreast) {
    if (from > 0) lines.push("");
    lines.push(...beside(blocks.slice(from, from + abreast), column));
  }
  return lines;
}

/** Lines of an image, and how wide they are to the eye; captions are padded when they are joined. */
interface Block {
  image: string[];
  imageWidth: number;
  caption: string[];
  width: number;
}

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

/** The mean of each square of pixels, as large a square as `MOST_PIXELS` asks for. */
function shrink({ pixels, rows, columns }: Drawing): Omit<Drawing, "caption"> {
  const factor = Math.ceil(Math.max(rows, columns) / MOST_PIXELS);
  const small = { rows: Math.ceil(rows / factor), columns: Math.ceil(columns / factor) };
  const means = Array.from({ length: small.rows * small.columns }, (_, i) => {
    const [top, left] = [Math.floor(i / small.columns) * factor, (i % small.columns) * factor];
    let sum = 0;
    for (let row = top; row < Math.min(rows, top + factor); row++) {
      for (let column = left; column < Math.min(columns, left + factor); column++) {
        sum += pixels[row * columns + column] as number;
      }
    }
    return sum / factor ** 2;
  });
  return { pixels: means, ...small };
}

function cell(upper: number, lower: number, greys: boolean): string {
  if (greys) return `\x1b[38;5;${grey(upper)};48;5;${grey(lower)}m▀`;
  return [" ", "▄", "▀", "█"][Number(upper >= LIT) * 2 + Number(lower >= LIT)] as string;
}

function grey(brightness: number): number {
  return BLACK + Math.min(GREYS - 1, Math.max(0, Math.floor(brightness * GREYS)));
}
