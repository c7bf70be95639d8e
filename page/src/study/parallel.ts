// SPDX-License-Identifier: Apache-2.0
// Parallel coordinates of the front: an axis below the other, which leaves room for the keys' names, a line a point.
import { textWidth } from '../axis';
import { button, chart, cut, h, s, svg } from '../dom';
import { section } from '../section';
import type { Choice } from './choice';
import { figureText, objectives, type Study } from './data';

interface Coordinate {
  name: string;
  of: (point: number) => number;
  low: number;
  high: number;
  marks: { at: number; text: string }[];
  base: number | null;
}

const pitch = 58,
  top = 24,
  side = 10;

function coordinates(study: Study): Coordinate[] {
  const figures = objectives(study).map((figure, f): Coordinate => {
    const values = study.front.map((point) => study.points.figures[f][point]);
    const [low, high] = [Math.min(...values), Math.max(...values)];
    return {
      name: figure.name,
      of: (point) => study.points.figures[f][point],
      low,
      high,
      marks: [low, high].map((value) => ({ at: value, text: figureText(figure, value) })),
      base: null,
    };
  });
  const keys = study.keys.flatMap((key, k): Coordinate[] => {
    const column = study.points.keys[k];
    if (new Set(study.front.map((point) => column[point])).size < 2) return [];
    return [
      {
        name: key.name,
        of: (point) => column[point],
        low: 0,
        high: key.values.length - 1,
        marks: key.values.map((text, at) => ({ at, text })),
        base: key.base,
      },
    ];
  });
  return [...figures, ...keys];
}

const place = ({ low, high }: Coordinate, value: number, width: number): number =>
  side + (high > low ? (value - low) / (high - low) : 0.5) * (width - 2 * side);

const valueAt = ({ low, high }: Coordinate, x: number, width: number): number =>
  low + ((x - side) / (width - 2 * side)) * (high - low);

// Texts of an axis, as many as have room; both ends first.
function texts(axis: Coordinate, width: number, y: number): SVGTextElement[] {
  const taken: [number, number][] = [];
  const order = [...axis.marks];
  if (order.length > 2) order.splice(1, 0, order.pop()!);
  return order.flatMap(({ at, text }) => {
    const wide = textWidth(text);
    const middle = Math.min(width - wide / 2, Math.max(wide / 2, place(axis, at, width)));
    const [from, to] = [middle - wide / 2 - 4, middle + wide / 2 + 4];
    if (taken.some(([a, b]) => from < b && to > a)) return [];
    taken.push([from, to]);
    return [s('text', { class: 'tick middle', x: middle, y: y + 16 }, text)];
  });
}

function axisOf(axis: Coordinate, row: number, width: number): SVGGElement {
  const y = top + row * pitch;
  return s(
    'g',
    { class: 'axis', 'data-axis': axis.name },
    s('line', { class: 'scale', x1: side, x2: width - side, y1: y, y2: y }),
    ...axis.marks.map(({ at }) =>
      s('line', { class: 'scale', x1: place(axis, at, width), x2: place(axis, at, width), y1: y - 3, y2: y + 3 }),
    ),
    axis.base !== null &&
      s('path', { class: 'base', d: `M${place(axis, axis.base, width)} ${y - 5}l5 5l-5 5l-5 -5z` }),
    ...texts(axis, width, y),
    s('text', { class: 'small halo', x: 0, y: y - 10 }, cut(axis.name, width, 11)),
    s('rect', { class: 'brush', y: y - 9, height: 18, rx: 3, visibility: 'hidden' }),
    s('rect', { class: 'hit', x: 0, width, y: y - 22, height: pitch - 12 }),
  );
}

const path = (axes: Coordinate[], point: number, width: number): string =>
  axes.map((axis, row) => `${row === 0 ? 'M' : 'L'}${place(axis, axis.of(point), width)} ${top + row * pitch}`).join('');

function refresh(choice: Choice, axes: Coordinate[], figure: SVGSVGElement, width: number): void {
  const { study } = choice;
  figure.querySelectorAll('path.line').forEach((line, i) => {
    line.classList.toggle('dim', !choice.keeps(study.front[i]));
    line.classList.toggle('is-chosen', choice.chosen === study.front[i]);
  });
  axes.forEach((axis, row) => {
    const brush = choice.brushOf(axis.name);
    const rect = figure.querySelectorAll('rect.brush')[row];
    rect.setAttribute('visibility', brush === undefined ? 'hidden' : 'visible');
    if (brush === undefined) return;
    const [from, to] = [place(axis, brush.low, width), place(axis, brush.high, width)];
    rect.setAttribute('x', String(from));
    rect.setAttribute('width', String(Math.max(2, to - from)));
  });
}

// Dragging along an axis brushes it, a click on it clears its brush or, on a line, chooses the point.
function brushing(choice: Choice, axes: Coordinate[], figure: SVGSVGElement, width: number): void {
  figure.querySelectorAll<SVGRectElement>('rect.hit').forEach((hit, row) => {
    const axis = axes[row];
    const at = (event: PointerEvent) => event.clientX - figure.getBoundingClientRect().left;
    let from: number | null = null;
    let moved = false;
    hit.addEventListener('pointerdown', (event) => {
      from = at(event);
      moved = false;
      hit.setPointerCapture(event.pointerId);
    });
    hit.addEventListener('pointermove', (event) => {
      if (from === null || (!moved && Math.abs(at(event) - from) < 4)) return;
      moved = true;
      const ends = [from, at(event)].map((x) => valueAt(axis, Math.min(width - side, Math.max(side, x)), width));
      choice.brush(axis.name, { of: axis.of, low: Math.min(...ends), high: Math.max(...ends) });
    });
    hit.addEventListener('pointerup', (event) => {
      if (from !== null && !moved) click(choice, axes, axis, at(event), row, width);
      from = null;
    });
    hit.addEventListener('pointercancel', () => (from = null));
  });
}

function click(choice: Choice, axes: Coordinate[], axis: Coordinate, x: number, row: number, width: number): void {
  if (choice.brushOf(axis.name) !== undefined) return choice.brush(axis.name, null);
  const reach = 12;
  const near = choice.study.front
    .map((point): [number, number] => [Math.abs(place(axes[row], axis.of(point), width) - x), point])
    .filter(([distance, point]) => distance <= reach && choice.keeps(point))
    .sort((a, b) => a[0] - b[0]);
  if (near.length > 0) choice.choose(near[0][1]);
}

export function parallel(choice: Choice): HTMLElement | null {
  const { study } = choice;
  if (study.front.length < 2) return null;
  const axes = coordinates(study);
  let shown: { figure: SVGSVGElement; width: number } | null = null;
  const box = chart(`${study.front.length} points of the front along ${axes.length} axes`, (width) => {
    const figure = svg(
      width,
      top + axes.length * pitch - 24,
      ...study.front.map((point) =>
        s('path', { class: 'line', 'data-point': study.points.id[point], d: path(axes, point, width) }),
      ),
      ...axes.map((axis, row) => axisOf(axis, row, width)),
    );
    shown = { figure, width };
    brushing(choice, axes, figure, width);
    refresh(choice, axes, figure, width);
    return figure;
  });
  box.classList.add('parallel');
  const clear = button('Take every brush away', 'Clear brushes', () => choice.clearBrushes());
  const update = () => {
    clear.disabled = !choice.isBrushed;
    if (shown !== null) refresh(choice, axes, shown.figure, shown.width);
  };
  choice.onChange(update);
  update();
  return section(
    'parallel',
    'Along the front',
    'A line a point of the front, over the objectives and the keys that vary on it; ' +
      'a diamond is the base platform\u2019s value. ' +
      'Dragging along an axis brushes it: what lies outside is dimmed, here, above and in the table. ' +
      'A click on the axis takes the brush away.',
    h('div', { class: 'bar' }, clear),
    box,
  );
}
