// Creates and grows WebAssembly memories, shared by threads or not.

declare global {
  // Merges with the DOM library's types. Projects for Node may be compiled without that library, and need the name
  // declared.
  namespace WebAssembly {
    interface Memory {}
  }
}

export type Memory = WebAssembly.Memory;

/** Bytes of a page of WebAssembly memory, and the most pages of a memory: 4 GB. */
const PAGE = 65536;
const MOST_PAGES = 65536;
/**
 * The smallest acceptable maximum of a memory that is to grow. Engines may reserve the maximum, so a large one can be refused.
 */
const LEAST_MAXIMUM = 1024;

/**
 * A memory of at least `bytes` zeros, for one thread. Engines may reserve the maximum, so a memory that is never to grow has none to
 * spare. V8 on 64 bits reserves about 8 GB of addresses whatever the maximum: a page of Chromium has about 125 memories. Throws a
 * RangeError if the engine refuses.
 */
export function createMemory(bytes: number, grows = true): Memory {
  const initial = Math.ceil(bytes / PAGE);
  return withRoom(bytes, () => {
    const granted = grows ? largest(initial, false) : undefined;
    return granted ?? new WebAssembly.Memory({ initial, maximum: initial });
  });
}

/** A memory for several threads, with the largest maximum that the engine grants; undefined if it grants none. */
export function createSharedMemory(bytes: number): Memory | undefined {
  return largest(Math.ceil(bytes / PAGE), true);
}

/** A memory with the largest maximum that the engine grants; undefined if it grants none. */
function largest(initial: number, shared: boolean): Memory | undefined {
  for (let maximum = MOST_PAGES; maximum >= Math.max(initial, LEAST_MAXIMUM); maximum /= 2) {
    try {
      return new WebAssembly.Memory({ initial, maximum, shared });
    } catch {
      // Try again with half the maximum.
    }
  }
  return undefined;
}

/**
 * Grows `memory` in place to at least `bytes`. Contents and addresses stay, but all typed arrays over it become empty.
 */
export function growMemory(memory: Memory, bytes: number): void {
  const missing = Math.ceil(bytes / PAGE) - memory.buffer.byteLength / PAGE;
  if (missing > 0) withRoom(bytes, () => memory.grow(missing));
}

/** The result of `allocate`, or a RangeError that says how many bytes are needed. */
function withRoom<T>(bytes: number, allocate: () => T): T {
  checkSize(bytes);
  try {
    return allocate();
  } catch (cause) {
    throw new RangeError(`${needText(bytes)}, which the engine refused: ${REMEDY}`, { cause });
  }
}

const REMEDY = "dispose of networks that are not needed any more, or use fewer threads or a smaller batch";

/** RangeError for more bytes than any memory has. */
export function checkSize(bytes: number): void {
  if (bytes > MOST_PAGES * PAGE) throw new RangeError(`${needText(bytes)}, but the maximum is 4096 MB`);
}

function needText(bytes: number): string {
  const size = bytes < 2 ** 20 ? `${Math.ceil(bytes / 1024)} kB` : `${(bytes / 2 ** 20).toFixed(0)} MB`;
  return `this needs ${size} of WebAssembly memory`;
}
