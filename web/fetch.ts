// Small files that come with the page.

/** A file beside the page's scripts, in whatever folder a host has put them. Error says for `what` there was no answer. */
export async function fetchBytes(file: string, what: string): Promise<Uint8Array<ArrayBuffer>> {
  const response = await fetch(new URL(file, import.meta.url));
  if (!response.ok) throw new Error(`the server answered ${response.status} for ${what}`);
  return new Uint8Array(await response.arrayBuffer());
}
