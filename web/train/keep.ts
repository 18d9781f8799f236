// The newest network, kept in the browser's storage, so that it survives a reload of the page.

import type { Run } from "./run.js";

/** A network as it is kept. */
export interface Kept {
  name: string;
  /** A model file. */
  bytes: Uint8Array;
  /** Epochs that it was trained for. */
  epochs: number;
  /** Its result on the test images, if there was one. */
  test: { loss: number; accuracy: number } | undefined;
}

const [DATABASE, STORE, KEY] = ["wasmlp", "networks", "newest"];
/** Minimum time between two savings in training, in milliseconds and as a multiple of the time that one takes. */
const [INTERVAL, MULTIPLE] = [2000, 20];

export class Keeper {
  /** The run that is kept, and the number of its epochs then. */
  private kept: { run: Run; epochs: number } | undefined;
  /** Time of the next saving in training. */
  private next = 0;

  /** Keeps a run after an epoch, unless one was kept a short time ago. */
  async keepSometimes(run: Run): Promise<void> {
    if (performance.now() >= this.next) await this.keep(run);
  }

  /** Keeps a run. Without storage, as in some private windows, or with numbers that are not finite it is not kept. */
  async keep(run: Run): Promise<void> {
    const started = performance.now();
    const { name, epochs, tests } = run;
    try {
      await write({ name, bytes: await run.network.toBytes(), epochs, test: tests.at(-1) });
      this.kept = { run, epochs };
    } catch {
      // `wouldLose` reports it, and the page asks before it is left.
    }
    const now = performance.now();
    this.next = now + Math.max(INTERVAL, MULTIPLE * (now - started));
  }

  /** Notes that a run is the kept one. */
  adopt(run: Run): void {
    this.kept = { run, epochs: run.epochs };
  }

  /** Forgets a run that was removed. */
  async forget(run: Run): Promise<void> {
    if (this.kept?.run === run) await forgetKept();
  }

  /** Whether what a run has learned is lost with the page: it is neither kept nor saved as a file. */
  wouldLose(run: Run): boolean {
    const { kept } = this;
    const isKept = kept?.run === run && kept.epochs === run.epochs;
    return !isKept && run.savedEpochs !== run.epochs && !run.isDiscarded;
  }
}

/** The kept network; undefined if there is none or the browser has no storage. */
export async function readKept(): Promise<Kept | undefined> {
  return transact("readonly", (store) => store.get(KEY) as IDBRequest<Kept | undefined>).catch(() => undefined);
}

export async function forgetKept(): Promise<void> {
  await transact("readwrite", (store) => store.delete(KEY)).catch(() => {});
}

async function write(kept: Kept): Promise<void> {
  await transact("readwrite", (store) => store.put(kept, KEY));
}

/** Runs one request in a transaction of its own and resolves to its result when that is complete. */
async function transact<T>(mode: IDBTransactionMode, request: (store: IDBObjectStore) => IDBRequest<T>): Promise<T> {
  const database = await open();
  try {
    return await new Promise((resolve, reject) => {
      const transaction = database.transaction(STORE, mode);
      const asked = request(transaction.objectStore(STORE));
      transaction.oncomplete = () => resolve(asked.result);
      transaction.onabort = () => reject(transaction.error);
    });
  } finally {
    database.close();
  }
}

function open(): Promise<IDBDatabase> {
  return new Promise((resolve, reject) => {
    const opening = indexedDB.open(DATABASE, 1);
    opening.onupgradeneeded = () => opening.result.createObjectStore(STORE);
    opening.onsuccess = () => resolve(opening.result);
    opening.onerror = () => reject(opening.error);
  });
}
