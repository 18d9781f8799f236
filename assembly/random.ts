// The counter-based random numbers of `src/random.ts`, for kernels. A block depends only on its counter and key, so
// threads need no shared generator and any block can be computed again.

/**
 * Writes one block of Philox4x32-10, four u32, to `out`, from a counter of four words and a key of two (Salmon et al.,
 * "Parallel random numbers: as easy as 1, 2, 3", SC 2011). The constants are that paper's multipliers and Weyl
 * increments.
 */
export function philox(out: usize, c0: u32, c1: u32, c2: u32, c3: u32, key0: u32, key1: u32): void {
  for (let round = 0; round < 10; round++) {
    const a = <u64>c0 * <u64>0xd2511f53;
    const b = <u64>c2 * <u64>0xcd9e8d57;
    c0 = <u32>(b >> 32) ^ c1 ^ key0;
    c1 = <u32>b;
    c2 = <u32>(a >> 32) ^ c3 ^ key1;
    c3 = <u32>a;
    key0 += 0x9e3779b9;
    key1 += 0xbb67ae85;
  }
  store<u32>(out, c0);
  store<u32>(out, c1, 4);
  store<u32>(out, c2, 8);
  store<u32>(out, c3, 12);
}
