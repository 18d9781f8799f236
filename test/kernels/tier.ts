// Which of V8's two WebAssembly compilers made a function; only under --allow-natives-syntax, as `tiers.test.ts` runs it.

export const TIER = process.env.WASMLP_TIER;

/** Whether `f`, an export that has been called, was compiled by `tier`: "liftoff" or "turbofan". */
export function isOfTier(f: unknown, tier: string): boolean {
  const native = tier === "liftoff" ? "%IsLiftoffFunction" : "%IsTurboFanFunction";
  // Only source text that is compiled at run time may hold natives: no other tool can parse them.
  return new Function("f", `return ${native}(f)`)(f) as boolean;
}
