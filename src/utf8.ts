// Text as UTF-8. Engines and test environments without `TextEncoder` and `TextDecoder`, such as jsdom, take the functions of the
// language that escape text for addresses.

export function encodeUtf8(text: string): Uint8Array<ArrayBuffer> {
  if (typeof TextEncoder === "function") return new TextEncoder().encode(text);
  const escaped = encodeURIComponent(text);
  const codes = escaped.match(/%..|[^%]/g) ?? [];
  return Uint8Array.from(codes, (code) =>
    code.length === 3 ? Number.parseInt(code.slice(1), 16) : code.charCodeAt(0),
  );
}

/** Throws an Error for bytes that are not UTF-8. */
export function decodeUtf8(bytes: Uint8Array): string {
  // By its full name: the bundles have a stand-in by the short one, see `build.mjs`.
  if (typeof globalThis.TextDecoder === "function")
    return new globalThis.TextDecoder("utf-8", { fatal: true }).decode(bytes);
  const escaped = Array.from(bytes, (byte) => `%${byte.toString(16).padStart(2, "0")}`);
  return decodeURIComponent(escaped.join(""));
}
