/// <reference lib="dom" />
import { bucketPath, formatCount, UNKNOWN, visibleText, webAddress } from './format.ts';

export type Child = Node | string | null;
type Attributes = Readonly<Record<string, string>>;

/** Attributes that could run or load something are not set through here; links have functions of their own. */
const FORBIDDEN_ATTRIBUTE = /^(on|style$|href$|src|xlink|action$|formaction$)/i;

function fill(element: Element, attributes: Attributes, children: readonly Child[]): void {
  for (const [name, value] of Object.entries(attributes)) {
    if (FORBIDDEN_ATTRIBUTE.test(name)) throw new Error(`attribute ${name} is not set this way`);
    element.setAttribute(name, value);
  }
  for (const child of children) {
    if (child === null) continue;
    element.append(typeof child === 'string' ? document.createTextNode(visibleText(child)) : child);
  }
}

/** An HTML element. Strings become text nodes, never markup. */
export function h<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Attributes = {},
  ...children: Child[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  fill(element, attributes, children);
  return element;
}

/** An SVG element. */
export function s<K extends keyof SVGElementTagNameMap>(
  tag: K,
  attributes: Attributes = {},
  ...children: Child[]
): SVGElementTagNameMap[K] {
  const element = document.createElementNS('http://www.w3.org/2000/svg', tag);
  fill(element, attributes, children);
  return element;
}

export function button(label: string, attributes: Attributes, onClick: () => void): HTMLButtonElement {
  const element = h('button', { type: 'button', ...attributes }, label);
  element.addEventListener('click', onClick);
  return element;
}

/** A link out to the web, or the bare text where the address is not one to follow. */
export function webLink(address: string): HTMLElement {
  const href = webAddress(address);
  if (href === null) return h('span', { class: 'untrusted' }, address);
  return newTab(href, address);
}

/** A link to an object of the bucket that holds the page. */
export function bucketLink(path: string, label: string): HTMLElement {
  const href = bucketPath(path);
  return href === null ? h('span', {}, label) : newTab(href, label);
}

function newTab(href: string, label: string): HTMLAnchorElement {
  const element = h('a', { rel: 'noopener noreferrer', target: '_blank', class: 'untrusted' }, label);
  element.href = href;
  return element;
}

export function numberCell(value: number | null, missing = 'no source says'): HTMLElement {
  if (value === null) return h('td', { class: 'number faint', role: 'cell', title: missing }, UNKNOWN);
  return h('td', { class: value === 0 ? 'number faint' : 'number', role: 'cell' }, formatCount(value));
}

export function panel(id: string, title: string, ...children: Child[]): HTMLElement {
  const heading = `${id}-title`;
  return h(
    'section',
    { id, class: 'panel', 'aria-labelledby': heading },
    h('h2', { id: heading }, title),
    ...children,
  );
}

export function emptyState(sentence: string, command: string | null): HTMLElement {
  return h('p', { class: 'empty' }, sentence, command === null ? null : h('code', {}, command));
}

/** A place for the page's own parts, which the page's HTML is certain to hold. */
export function byId(id: string): HTMLElement {
  const element = document.getElementById(id);
  if (element === null) throw new Error(`the page has no element ${id}`);
  return element;
}

/** Redraws without losing the place of whoever uses the keyboard: elements that can have the focus carry `data-key`. */
export function keepingFocus(redraw: () => void): void {
  const active = document.activeElement;
  const key = active instanceof HTMLElement ? active.dataset['key'] : undefined;
  redraw();
  if (key === undefined) return;
  document.querySelector<HTMLElement>(`[data-key="${CSS.escape(key)}"]`)?.focus({ preventScroll: true });
}
