// Elements of the page, made in one expression each.

type Child = Node | string;

/** An element with these properties and children. */
export function make<Name extends keyof HTMLElementTagNameMap>(
  name: Name,
  properties: Partial<HTMLElementTagNameMap[Name]> = {},
  ...children: Child[]
): HTMLElementTagNameMap[Name] {
  const element = document.createElement(name);
  Object.assign(element, properties);
  element.append(...children);
  return element;
}

/** The same in a drawing, where everything is an attribute. */
export function drawn<Name extends keyof SVGElementTagNameMap>(
  name: Name,
  attributes: Record<string, string | number> = {},
  ...children: Child[]
): SVGElementTagNameMap[Name] {
  const element = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, String(value));
  element.append(...children);
  return element;
}

/** Lets a button act or not. One that must not stays where the keyboard is, which `disabled` would throw off. */
export function allow(button: HTMLButtonElement, isAllowed: boolean): void {
  button.ariaDisabled = isAllowed ? null : "true";
}

/** Has a button do something whenever it is pressed and allowed to. */
export function onPress(button: HTMLButtonElement, act: () => unknown): void {
  button.addEventListener("click", () => button.ariaDisabled === "true" || void act());
}

/** A button that does something. */
export function button(
  label: string,
  act: () => unknown,
  properties: Partial<HTMLButtonElement> = {},
): HTMLButtonElement {
  const made = make("button", { type: "button", className: "button", textContent: label, ...properties });
  onPress(made, act);
  return made;
}

/** A labelled field, as style.css knows it. */
export function field(label: string, input: HTMLElement): HTMLLabelElement {
  return make("label", { className: "field" }, label, input);
}

/** A choice of values by the names that people read. */
export function choice<Value extends string>(options: readonly (readonly [Value, string])[]): HTMLSelectElement {
  return make("select", {}, ...options.map(([value, name]) => make("option", { value, textContent: name })));
}

/** Sets a text only where it is another, so that nothing is laid out or read aloud for nothing. */
export function setText(element: Element, text: string): void {
  if (element.textContent !== text) element.textContent = text;
}
