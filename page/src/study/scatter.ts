// SPDX-License-Identifier: Apache-2.0
// Two objectives against each other: every complete point faint, the front marked and joined by what it attains.
import { textWidth, ticksBetween } from '../axis';
import { chart, h, legend, s, svg } from '../dom';
import { grouped } from '../format';
import { section } from '../section';
import type { Choice } from './choice';
import { baseName, type Figure, figureText, objectives, type Study } from './data';
import { chosenPanel, placeTip, tipLines } from './point';

interface Axis {
  name: string;
  goal: 'min' | 'max' | null;
  values: number[];
  text: (value: number) => string;
}

// The objectives, and, where there is one alone, what it is drawn over.
function axesOf(study: Study): Axis[] {
  const of = (figure: Figure, f: number): Axis => ({
    name: figure.name,
    goal: figure.goal,
    values: study.points.figures[f],
    text: (value) => figureText(figure, value),
  });
  const all = objectives(study).map(of);
  if (all.length === 1) all.unshift({ name: 'point', goal: null, values: study.points.id, text: grouped });
  return all;
}

interface Scale {
  low: number;
  high: number;
  at: (value: number) => number; // pixels
}

// From the least to the largest value and a little beyond, over pixels [from, to].
function scaleOf(values: number[], from: number, to: number): Scale {
  let low = Infinity,
    high = -Infinity;
  for (const value of values) {
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  const margin = 0.04 * (high - low) || 0.04 * Math.abs(high) || 1;
  [low, high] = [low - margin, high + margin];
  return { low, high, at: (value) => from + ((value - low) / (high - low)) * (to - from) };
}

interface Plot {
  x: Axis;
  y: Axis;
  across: (point: number) => number;
  down: (point: number) => number;
}

// The front's points that stay when only these two axes count, from the best in x on.
function attained(study: Study, x: Axis, y: Axis): number[] {
  const cost = (axis: Axis, point: number) => (axis.goal === 'max' ? -1 : 1) * axis.values[point];
  const order = [...study.front].sort((a, b) => cost(x, a) - cost(x, b) || cost(y, a) - cost(y, b));
  let least = Infinity;
  return order.filter((point) => {
    if (cost(y, point) >= least) return false;
    least = cost(y, point);
    return true;
  });
}

function staircase(study: Study, { x, y, across, down }: Plot): string {
  return attained(study, x, y)
    .map((point, i) => (i === 0 ? `M${across(point)} ${down(point)}` : `H${across(point)}V${down(point)}`))
    .join('');
}

// One path of dots: of 20,000 circles each would be an element.
const dots = (points: number[], { across, down }: Plot): string =>
  points.map((point) => `M${across(point).toFixed(1)} ${down(point).toFixed(1)}h0`).join('');

function grid(x: Axis, y: Axis, scales: [Scale, Scale], width: number, height: number, left: number, bottom: number) {
  const [sx, sy] = scales;
  const columns = ticksBetween(sx.low, sx.high, width - left - 8, x.text);
  const rows = ticksBetween(sy.low, sy.high, height - bottom, () => '0');
  return s(
    'g',
    {},
    ...columns.flatMap((value) => [
      s('line', { class: 'grid', x1: sx.at(value), x2: sx.at(value), y1: 8, y2: height - bottom }),
      s('text', { class: 'tick middle', x: sx.at(value), y: height - bottom + 15 }, x.text(value)),
    ]),
    ...rows.flatMap((value) => [
      s('line', { class: 'grid', x1: left, x2: width - 8, y1: sy.at(value), y2: sy.at(value) }),
      s('text', { class: 'tick end', x: left - 6, y: sy.at(value) + 4 }, y.text(value)),
    ]),
    s('text', { class: 'small end', x: width - 8, y: height - 4 }, title(x)),
    s('text', { class: 'small', x: 2, y: 12 }, title(y)),
  );
}

const title = (axis: Axis): string =>
  axis.goal === null ? axis.name : `${axis.name}, ${axis.goal === 'min' ? 'less' : 'more'} is better`;

const diamond = (x: number, y: number): string => `M${x} ${y - 7}l7 7l-7 7l-7 -7z`;

function draw(choice: Choice, x: Axis, y: Axis, width: number): { figure: SVGSVGElement; plot: Plot } {
  const { study } = choice;
  const height = Math.round(Math.min(460, Math.max(300, width * 0.55)));
  const bottom = 34;
  const rows = scaleOf(y.values, height - bottom, 20);
  const labels = ticksBetween(rows.low, rows.high, height - bottom, () => '0').map((value) => textWidth(y.text(value)));
  const left = Math.max(...labels) + 12;
  const columns = scaleOf(x.values, left, width - 8);
  const plot: Plot = { x, y, across: (p) => columns.at(x.values[p]), down: (p) => rows.at(y.values[p]) };
  const figure = svg(
    width,
    height,
    grid(x, y, [columns, rows], width, height, left, bottom),
    s('path', { class: 'points dimmed' }),
    s('path', { class: 'points kept' }),
    s('path', { class: 'staircase', d: staircase(study, plot) }),
    ...study.front.map((p) =>
      s('circle', { class: 'front', 'data-point': study.points.id[p], cx: plot.across(p), cy: plot.down(p), r: 4.5 }),
    ),
    study.base !== null &&
      s('path', { class: 'base', d: diamond(plot.across(study.base), plot.down(study.base)) }),
    s('circle', { class: 'ring', r: 9, visibility: 'hidden' }),
    s('circle', { class: 'pointed', r: 7, visibility: 'hidden' }),
  );
  return { figure, plot };
}

// What changes without another scale: who is kept, who is chosen.
function refresh(choice: Choice, figure: SVGSVGElement, plot: Plot): void {
  const { study, chosen } = choice;
  const kept: number[] = [],
    dimmed: number[] = [];
  study.points.id.forEach((_, point) => (choice.keeps(point) ? kept : dimmed).push(point));
  figure.querySelector('.points.kept')!.setAttribute('d', dots(kept, plot));
  figure.querySelector('.points.dimmed')!.setAttribute('d', dots(dimmed, plot));
  figure
    .querySelectorAll('circle.front')
    .forEach((circle, i) => circle.classList.toggle('dim', !choice.keeps(study.front[i])));
  mark(figure.querySelector('.ring')!, plot, chosen);
}

function mark(circle: Element, plot: Plot, point: number | null): void {
  circle.setAttribute('visibility', point === null ? 'hidden' : 'visible');
  if (point === null) return;
  circle.setAttribute('cx', String(plot.across(point)));
  circle.setAttribute('cy', String(plot.down(point)));
}

// The nearest point within reach; one of the front, or the base, before any other.
function nearest(study: Study, plot: Plot, x: number, y: number): number | null {
  const reach = 12;
  const distance = (point: number) => Math.hypot(plot.across(point) - x, plot.down(point) - y);
  const best = (points: number[]) =>
    points.reduce<[number | null, number]>(
      (least, point) => (distance(point) < least[1] ? [point, distance(point)] : least),
      [null, reach],
    )[0];
  const marked = study.base === null ? study.front : [...study.front, study.base];
  return best(marked) ?? best(study.points.id.map((_, point) => point));
}

// The front's next or previous point, by the first axis.
function neighbour({ study, chosen }: Choice, { x }: Plot, step: number): number {
  const order = [...study.front].sort((a, b) => x.values[a] - x.values[b]);
  const at = chosen === null ? -1 : order.indexOf(chosen);
  if (at < 0) return order[step > 0 ? 0 : order.length - 1];
  return order[Math.min(order.length - 1, Math.max(0, at + step))];
}

function picture(choice: Choice, x: Axis, y: Axis): HTMLElement {
  const { study } = choice;
  const tip = h('div', { class: 'tip', hidden: true });
  let shown: { figure: SVGSVGElement; plot: Plot } | null = null;
  const figure = chart(`${y.name} of ${study.points.id.length} points over ${x.name}`, (width) => {
    tip.hidden = true;
    shown = draw(choice, x, y, width);
    refresh(choice, shown.figure, shown.plot);
    return shown.figure;
  });
  const box = h('div', { class: 'canvas scatter', tabindex: 0, role: 'group', 'aria-label': 'Scatter of the points' });
  box.append(figure, tip);
  choice.onChange(() => shown && refresh(choice, shown.figure, shown.plot));
  const at = (event: MouseEvent): [number, number] => {
    const place = box.getBoundingClientRect();
    return [event.clientX - place.left, event.clientY - place.top];
  };
  const point = (to: number | null, where: [number, number]) => {
    mark(shown!.figure.querySelector('.pointed')!, shown!.plot, to);
    if (to === null) return void (tip.hidden = true);
    tip.replaceChildren(...tipLines(study, to));
    placeTip(tip, ...where);
  };
  box.addEventListener('pointermove', (event) => shown && point(nearest(study, shown.plot, ...at(event)), at(event)));
  box.addEventListener('pointerleave', () => shown && point(null, [0, 0]));
  box.addEventListener('click', (event) => shown && choice.choose(nearest(study, shown.plot, ...at(event))));
  box.addEventListener('keydown', (event) => {
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (event.key === 'Escape') choice.choose(null);
    else if (step !== undefined && shown !== null && study.front.length > 0)
      choice.choose(neighbour(choice, shown.plot, step));
    else return;
    event.preventDefault();
  });
  return box;
}

function selector(label: string, axes: Axis[], chosen: number, act: (axis: number) => void): HTMLElement {
  const select = h(
    'select',
    {},
    ...axes.map((axis, i) => h('option', { value: i, selected: i === chosen }, axis.name)),
  );
  select.addEventListener('change', () => act(Number(select.value)));
  return h('label', {}, `${label} `, select);
}

export function scatter(choice: Choice): HTMLElement {
  const { study } = choice;
  const axes = axesOf(study);
  const { counts } = study;
  const [held, holder] = [[0, 1], h('div', {})];
  const show = () => holder.replaceChildren(picture(choice, axes[held[0]], axes[held[1]]));
  const choose = (which: number) => (axis: number) => {
    held[which] = axis;
    show();
  };
  if (counts.shown > 0) show();
  const without = counts.asked - counts.complete;
  const sample =
    counts.shown < counts.complete
      ? ` Of ${grouped(counts.complete)} points within the limits ${grouped(counts.shown)} are on this page: ` +
        `the front, and an even sample of the others.`
      : '';
  return section(
    'scatter',
    'Objectives',
    `${grouped(counts.complete)} points within the limits; ` +
      `${grouped(without)} others, refused or known already, are not shown.${sample}`,
    axes.length > 2 &&
      h('div', { class: 'bar' }, selector('across', axes, 0, choose(0)), selector('up', axes, 1, choose(1))),
    legend([
      { text: 'within the limits', colour: 'var(--point)' },
      { text: 'the front, and what it attains', colour: 'var(--curve-0)' },
      ...(study.base === null ? [] : [{ text: baseName(study), colour: 'var(--curve-1)' }]),
      { text: 'chosen', colour: 'var(--accent)', shape: 'ring' as const },
    ]),
    holder,
    chosenPanel(choice),
  );
}
