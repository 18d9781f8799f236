// Memories of WebAssembly: made, shared and grown.

declare global {
  // Merges with the engine's own types, and makes up for them in projects of Node, whose types may lack these names.
  namespace WebAssembly {
    interface Memory {}
  }
}

export type Memory = WebAssembly.Memory;

const PAGE = 65536;
const MOST_PAGES = 65536;
/** A shared memory states its maximum, which some engines reserve: below this it is not worth having. */
const LEAST_SHARED_PAGES = 1024;

/** An empty memory of at least `bytes`. RangeError where the engine refuses. */
export function createMemory(bytes: number): Memory {
  const initial = Math.ceil(bytes / PAGE);
  return withRoom(bytes, () => new WebAssembly.Memory({ initial, maximum: MOST_PAGES }));
}

/** A memory that threads can share, with the largest maximum that the engine grants; undefined where it grants none. */
export function createSharedMemory(bytes: number): Memory | undefined {
  const initial = Math.ceil(bytes / PAGE);
  for (let maximum = MOST_PAGES; maximum >= Math.max(initial, LEAST_SHARED_PAGES); maximum /= 2) {
    try {
      return new WebAssembly.Memory({ initial, maximum, shared: true });
    } catch {
      // Half of it may be had.
    }
  }
  return undefined;
}

/** Grows `memory` to at least `bytes`; what it holds stays where it is, but every view of it is dead. */
export function growMemory(memory: Memory, bytes: number): void {
  const missing = Math.ceil(bytes / PAGE) - memory.buffer.byteLength / PAGE;
  if (missing > 0) withRoom(bytes, () => memory.grow(missing));
}

function withRoom<T>(bytes: number, allocate: () => T): T {
  const message = `this needs ${(bytes / 2 ** 20).toFixed(0)} MB of WebAssembly memory`;
  if (bytes > MOST_PAGES * PAGE) throw new RangeError(`${message}, and 4096 MB is the most there can be`);
  try {
    return allocate();
  } catch (cause) {
    throw new RangeError(`${message}, which the engine refused`, { cause });
  }
}
