// SPDX-License-Identifier: Apache-2.0
// What ended the other points, what moves each objective, and how the search went.
import { textWidth, ticks } from '../axis';
import { chart, cut, h, s, svg, table } from '../dom';
import { grouped, percent, share } from '../format';
import { section } from '../section';
import { objectives, type Study } from './data';

interface Bar {
  name: string;
  share: number;
}

const rowHeight = 38,
  barHeight = 12;

// Names stand above their bars: keys' names are long.
function bars(label: string, rows: Bar[], colour: string): HTMLElement {
  return chart(label, (width) => {
    const room = 58;
    return svg(
      width,
      rows.length * rowHeight,
      ...rows.map((row, i) =>
        s(
          'g',
          {},
          s('text', { x: 0, y: i * rowHeight + 13, class: 'label' }, cut(row.name, width - room)),
          s('rect', { x: 0, y: i * rowHeight + 18, width: width - room, height: barHeight, class: 'track' }),
          s('rect', {
            x: 0,
            y: i * rowHeight + 18,
            width: (width - room) * row.share,
            height: barHeight,
            fill: colour,
            class: 'part',
          }),
          s('text', { x: width, y: i * rowHeight + 28, class: 'value end' }, percent(row.share)),
        ),
      ),
    );
  });
}

const mostBars = 8;

export function outside(study: Study): HTMLElement | null {
  if (study.outside.length === 0) return null;
  const rows = study.outside.map(({ what, count }) => ({ name: what, share: share(count, study.counts.asked) }));
  return section(
    'outside',
    'What ended the others',
    'Shares of the points asked for. What was known already is not among them.',
    bars('What ended points', rows.slice(0, mostBars), 'var(--curve-3)'),
    table(
      'Points that ended',
      [{ name: 'by' }, { name: 'points', numeric: true }, { name: 'share', numeric: true }],
      study.outside.map(({ what, count }, i) => [what, grouped(count), percent(rows[i].share)]),
    ),
  );
}

export function movedBy(study: Study): HTMLElement | null {
  if (study.moved_by.every((list) => list.length === 0)) return null;
  const figures = objectives(study);
  return section(
    'moved',
    'What moves each objective',
    'How much of an objective\u2019s spread over the points within the limits each key explains, ' +
      'each of what those before it have left.',
    h(
      'div',
      { class: 'beside' },
      ...study.moved_by.map((list, o) => {
        const rows = list.slice(0, mostBars).map(({ key, share }) => ({ name: key, share }));
        const figure = bars(`What moves ${figures[o].name}`, rows, `var(--curve-${o % 7})`);
        return h('div', { class: 'figure' }, h('h3', {}, figures[o].name), figure);
      }),
    ),
    table(
      'Shares of the spread',
      [{ name: 'objective' }, { name: 'key' }, { name: 'share', numeric: true }],
      study.moved_by.flatMap((list, o) => list.map(({ key, share }) => [figures[o].name, key, percent(share)])),
    ),
  );
}

// After each batch, as a share of what there is now.
function line(study: Study, width: number): SVGSVGElement {
  const { evaluated, hypervolume } = study.history;
  const [left, bottom, height] = [46, 34, 240];
  const last = evaluated[evaluated.length - 1];
  const x = (points: number) => left + (points / last) * (width - left - 12);
  const y = (part: number) => height - bottom - part * (height - bottom - 12);
  const d = hypervolume.map((value, i) => `L${x(evaluated[i]).toFixed(1)} ${y(share(value, study.hypervolume)).toFixed(1)}`);
  return svg(
    width,
    height,
    ...[0, 0.25, 0.5, 0.75, 1].flatMap((part) => [
      s('line', { class: 'grid', x1: left, x2: width - 12, y1: y(part), y2: y(part) }),
      s('text', { class: 'tick end', x: left - 6, y: y(part) + 4 }, `${100 * part}\u00a0%`),
    ]),
    ...ticks(last, width - left - 12 - textWidth(grouped(last)), grouped).map((value) =>
      s('text', { class: 'tick middle', x: x(value), y: height - bottom + 15 }, grouped(value)),
    ),
    s('text', { class: 'small end', x: width - 12, y: height - 3 }, 'points evaluated'),
    s('path', { class: 'staircase', d: `M${x(0)} ${y(0)}${d.join('')}` }),
  );
}

export function progress(study: Study): HTMLElement | null {
  if (study.history.evaluated.length === 0 || study.hypervolume <= 0) return null;
  const { evaluated, hypervolume } = study.history;
  return section(
    'progress',
    'How the search went',
    'Hypervolume of the front after each batch, as a share of what it is now: what the front beats, ' +
      'below the worst figures of the ' +
      'first batch that had a point within the limits.',
    chart('Hypervolume over points evaluated', (width) => line(study, width)),
    table(
      'After each batch',
      [
        { name: 'points evaluated', numeric: true },
        { name: 'hypervolume', numeric: true },
        { name: 'share', numeric: true },
      ],
      evaluated.map((points, i) => [
        grouped(points),
        hypervolume[i].toPrecision(6),
        percent(share(hypervolume[i], study.hypervolume)),
      ]),
    ),
  );
}
