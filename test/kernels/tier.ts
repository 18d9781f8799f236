// Which of V8's two WebAssembly compilers compiled a function; only with --allow-natives-syntax, as in `tiers.test.ts`.

export const TIER = process.env.WASMLP_TIER;

/** Whether `f`, an export that has been called, was compiled by `tier`: "liftoff" or "turbofan". */
export function isOfTier(f: unknown, tier: string): boolean {
  const native = tier === "liftoff" ? "%IsLiftoffFunction" : "%IsTurboFanFunction";
  // Only source text compiled at run time may contain natives: no other tool can parse them.
  return new Function("f", `return ${native}(f)`)(f) as boolean;
}
