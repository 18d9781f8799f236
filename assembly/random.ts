// The draws of `src/random.ts` inside kernels: each is a function of its counters and of the seed alone.

/** One block of Philox4x32-10, as there: four u32 at `out` from a counter of four and a key of two. */
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
