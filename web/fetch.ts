// Small files that are served with the page.

/**
 * The bytes of a file next to the page's scripts, in whatever folder the page is hosted. Throws with the response's status if
 * the request fails; `what` names the file in the message.
 */
export async function fetchBytes(file: string, what: string): Promise<Uint8Array<ArrayBuffer>> {
  const response = await fetch(new URL(file, import.meta.url));
  if (!response.ok) throw new Error(`the server answered ${response.status} for ${what}`);
  return new Uint8Array(await response.arrayBuffer());
}
