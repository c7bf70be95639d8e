// SPDX-License-Identifier: Apache-2.0
// Elements in one call.

type Attributes = Record<string, string | number | boolean | undefined>;
export type Child = Node | string | null | undefined | false;

function fill<E extends Element>(element: E, attributes: Attributes, children: Child[]): E {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined || value === false) continue;
    element.setAttribute(name, value === true ? '' : String(value));
  }
  for (const child of children) {
    if (child !== null && child !== undefined && child !== false) element.append(child);
  }
  return element;
}

export function h<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Attributes = {},
  ...children: Child[]
): HTMLElementTagNameMap[K] {
  return fill(document.createElement(tag), attributes, children);
}

export function s<K extends keyof SVGElementTagNameMap>(
  tag: K,
  attributes: Attributes = {},
  ...children: Child[]
): SVGElementTagNameMap[K] {
  return fill(document.createElementNS('http://www.w3.org/2000/svg', tag), attributes, children);
}

// A text with its `code` marked as such.
export function coded(text: string): Child[] {
  return text.split('`').map((part, i) => (i % 2 === 0 ? part : h('code', {}, part)));
}

// A layer's name, which may be broken behind its dots.
export function breakable(name: string): Child[] {
  return name.split(/(?<=\.)/).flatMap((part, i) => (i === 0 ? [part] : [h('wbr'), part]));
}

export function button(label: string, text: string, act: () => void): HTMLButtonElement {
  const out = h('button', { type: 'button', 'aria-label': label, title: label }, text);
  out.addEventListener('click', act);
  return out;
}

export interface Column {
  name: string;
  numeric?: boolean;
}

// The figures of a chart for those who do not see it, or want them exactly.
export function table(caption: string, columns: Column[], rows: Child[][], name = 'As a table'): HTMLElement {
  const cell = (column: Column, content: Child) => h('td', { class: column.numeric ? 'number' : undefined }, content);
  return h(
    'details',
    { class: 'table' },
    h('summary', {}, name),
    h(
      'div',
      { class: 'scroll' },
      h(
        'table',
        {},
        h('caption', {}, ...coded(caption)),
        h(
          'thead',
          {},
          h(
            'tr',
            {},
            ...columns.map((c) => h('th', { scope: 'col', class: c.numeric ? 'number' : undefined }, c.name)),
          ),
        ),
        h('tbody', {}, ...rows.map((row) => h('tr', {}, ...row.map((content, i) => cell(columns[i], content))))),
      ),
    ),
  );
}

// An SVG that is drawn anew for each width, so that its text keeps its size.
export function chart(label: string, draw: (width: number) => SVGSVGElement): HTMLElement {
  const box = h('div', { class: 'chart' });
  let drawn = 0;
  const observer = new ResizeObserver(() => {
    const width = Math.floor(box.clientWidth);
    if (width === drawn || width < 50) return;
    drawn = width;
    const svg = draw(width);
    svg.setAttribute('role', 'img');
    svg.setAttribute('aria-label', label);
    box.replaceChildren(svg);
  });
  observer.observe(box);
  return box;
}

// A band [low, high], in pixels, across a bar whose middle is at `y`.
export function whisker(low: number, high: number, y: number): SVGPathElement {
  const end = (x: number) => `M${x} ${y - 4}v8`;
  return s('path', { class: 'whisker', d: `M${low} ${y}H${high}${end(low)}${end(high)}` });
}

export function svg(width: number, height: number, ...children: Child[]): SVGSVGElement {
  return s('svg', { width, height, viewBox: `0 0 ${width} ${height}` }, ...children);
}

export interface LegendItem {
  text: string;
  colour: string; // of CSS; what SVG fills with, where it is a pattern
  shape?: 'box' | 'line' | 'ring' | 'low';
}

function swatch({ colour, shape = 'box' }: LegendItem): Element {
  if (!colour.startsWith('url('))
    return h('span', { class: `swatch ${shape}`, style: `--swatch: ${colour}`, 'aria-hidden': 'true' });
  const height = shape === 'low' ? 9 : 14;
  return s(
    'svg',
    { class: `hatch ${shape}`, width: 22, height, 'aria-hidden': 'true' },
    s('rect', { width: 22, height, fill: colour }),
  );
}

export function legend(items: LegendItem[]): HTMLElement {
  return h('ul', { class: 'legend' }, ...items.map((item) => h('li', {}, swatch(item), item.text)));
}

// A text cut to a width in pixels, for SVG; the average glyph takes 0.56 em. Of a layer's name the end says most.
export function cut(text: string, width: number, size = 12, keepEnd = false): string {
  const most = Math.max(1, Math.floor(width / (0.56 * size)));
  if (keepEnd && text.length > most) return `\u2026${text.slice(text.length - Math.max(1, most - 1))}`;
  return text.length <= most ? text : `${text.slice(0, Math.max(1, most - 1))}\u2026`;
}
