/** The file of a model whose weights are of 8 bits, as `src/format/packed.ts` reads it. Error for another. */
export function packModel(file: Buffer): Buffer;
