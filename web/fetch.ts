// Small files that are served with the page.

/** Why a request got no answer. The browser's own message says "Failed to fetch" at best. */
export function unanswered(): string {
  return navigator.onLine ? "the server of this page does not answer" : "there is no connection";
}

/**
 * The bytes of a file next to the page's scripts, in whatever folder the page is hosted. Throws with the response's status if
 * the request fails; `what` names the file in the message.
 */
export async function fetchBytes(file: string, what: string): Promise<Uint8Array<ArrayBuffer>> {
  const response = await fetch(new URL(file, import.meta.url)).catch((cause: Error) => {
    throw new Error(`${unanswered()} (for ${what})`, { cause });
  });
  if (!response.ok) throw new Error(`the server answered ${response.status} for ${what}`);
  return new Uint8Array(await response.arrayBuffer());
}
