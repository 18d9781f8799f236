// Access to the elements of index.html by their ids.

/** The element with this id. Throws where it is missing or is not a `kind`. */
export function byId<T extends Element>(id: string, kind: new () => T): T {
  const found = document.getElementById(id);
  if (found instanceof kind) return found;
  throw new Error(`the page has no ${kind.name} "${id}"`);
}
