// The segments of a JPEG file (ITU T.81, annex B), read as tolerantly as viewers do.

/** A marker with its parameters, and for the start of a scan the compressed data. */
export interface Segment {
  marker: number;
  data: Buffer;
  /** Compressed data, with its restart markers; empty unless the marker starts a scan. */
  scan: Buffer;
}

export const START_OF_SCAN = 0xda;
const [START_OF_IMAGE, END_OF_IMAGE, TEMPORARY] = [0xd8, 0xd9, 0x01];

/** Whether a marker restarts the decoding within a scan: RST0 to RST7. */
export function isRestart(marker: number | undefined): boolean {
  return marker !== undefined && marker >= 0xd0 && marker <= 0xd7;
}

/**
 * The segments up to the end marker or the end of the bytes. Fill bytes, bytes between segments that belong to none, and what
 * follows the end marker (a second picture, a film) are dropped.
 */
export function segmentsOf(bytes: Buffer): Segment[] {
  const segments: Segment[] = [];
  for (let at = 2; at < bytes.length; ) {
    const marker = bytes[at + 1];
    if (bytes[at] !== 0xff || marker === 0xff || marker === 0 || marker === undefined) {
      at += 1;
      continue;
    }
    if (marker === END_OF_IMAGE) break;
    at += 2;
    if (isRestart(marker) || marker === START_OF_IMAGE || marker === TEMPORARY || at + 2 > bytes.length) continue;
    const end = at + Math.max(2, bytes.readUInt16BE(at));
    const scan = marker === START_OF_SCAN ? scanAt(bytes, end) : Buffer.alloc(0);
    segments.push({ marker, data: bytes.subarray(at + 2, end), scan });
    at = end + scan.length;
  }
  return segments;
}

/** The compressed data that begins at `start`: it ends at a marker that is neither a stuffed byte nor a restart. */
function scanAt(bytes: Buffer, start: number): Buffer {
  let at = start;
  for (;;) {
    at = bytes.indexOf(0xff, at);
    if (at < 0) return bytes.subarray(start);
    const next = bytes[at + 1];
    if (next !== 0 && next !== 0xff && !isRestart(next)) return bytes.subarray(start, at);
    at += next === 0xff ? 1 : 2;
  }
}

/** A JPEG file of these segments alone. */
export function joinSegments(segments: Segment[]): Buffer {
  const parts = segments.flatMap(({ marker, data, scan }) => {
    const head = Buffer.from([0xff, marker, 0, 0]);
    head.writeUInt16BE(data.length + 2, 2);
    return [head, data, scan];
  });
  return Buffer.concat([Buffer.from([0xff, START_OF_IMAGE]), ...parts, Buffer.from([0xff, END_OF_IMAGE])]);
}
