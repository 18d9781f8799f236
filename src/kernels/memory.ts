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
 * The smallest acceptable maximum of a shared memory. Engines may reserve the maximum, so a large one can be refused.
 */
const LEAST_SHARED_PAGES = 1024;

/** A memory of at least `bytes` zeros. Throws a RangeError if the engine refuses. */
export function createMemory(bytes: number): Memory {
  const initial = Math.ceil(bytes / PAGE);
  return withRoom(bytes, () => new WebAssembly.Memory({ initial, maximum: MOST_PAGES }));
}

/** A memory for several threads, with the largest maximum that the engine grants; undefined if it grants none. */
export function createSharedMemory(bytes: number): Memory | undefined {
  const initial = Math.ceil(bytes / PAGE);
  for (let maximum = MOST_PAGES; maximum >= Math.max(initial, LEAST_SHARED_PAGES); maximum /= 2) {
    try {
      return new WebAssembly.Memory({ initial, maximum, shared: true });
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
  const message = `this needs ${(bytes / 2 ** 20).toFixed(0)} MB of WebAssembly memory`;
  if (bytes > MOST_PAGES * PAGE) throw new RangeError(`${message}, but the maximum is 4096 MB`);
  try {
    return allocate();
  } catch (cause) {
    throw new RangeError(`${message}, which the engine refused`, { cause });
  }
}
