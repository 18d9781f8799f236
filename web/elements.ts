// Functions that create and update elements, each in one expression.

type Child = Node | string;

/** An HTML element with these properties and children. */
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

/** An SVG element with these attributes and children. */
export function makeSvg<Name extends keyof SVGElementTagNameMap>(
  name: Name,
  attributes: Record<string, string | number> = {},
  ...children: Child[]
): SVGElementTagNameMap[Name] {
  const element = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, String(value));
  element.append(...children);
  return element;
}

/** Enables or disables a button by `aria-disabled`: with `disabled` it would lose the keyboard focus. */
export function setEnabled(button: HTMLButtonElement, isEnabled: boolean): void {
  button.ariaDisabled = isEnabled ? null : "true";
}

/** Calls `action` when the button is pressed and is not disabled by `setEnabled`. */
export function onPress(button: HTMLButtonElement, action: () => unknown): void {
  button.addEventListener("click", () => button.ariaDisabled === "true" || void action());
}

/** A button with a label and an action. */
export function button(
  label: string,
  action: () => unknown,
  properties: Partial<HTMLButtonElement> = {},
): HTMLButtonElement {
  const made = make("button", { type: "button", className: "button", textContent: label, ...properties });
  onPress(made, action);
  return made;
}

/** An input with a visible label, in the layout of `.field` in style.css. */
export function field(label: string, input: HTMLElement): HTMLLabelElement {
  return make("label", { className: "field" }, label, input);
}

/** A select element from pairs of value and visible name. */
export function choice<Value extends string>(options: readonly (readonly [Value, string])[]): HTMLSelectElement {
  return make("select", {}, ...options.map(([value, name]) => make("option", { value, textContent: name })));
}

/** Sets the text only if it differs, so that nothing is laid out or announced again without a change. */
export function setText(element: Element, text: string): void {
  if (element.textContent !== text) element.textContent = text;
}
