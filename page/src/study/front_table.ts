// SPDX-License-Identifier: Apache-2.0
// The front, a row a point, in the order of any column.
import { h } from '../dom';
import { section } from '../section';
import type { Choice } from './choice';
import { differences, figureText, type Study } from './data';

interface Order {
  column: number; // 0 the point, then a figure each
  down: boolean;
}

const valueOf = (study: Study, column: number, point: number): number =>
  column === 0 ? study.points.id[point] : study.points.figures[column - 1][point];

// What every point of the front has is said once.
function common(study: Study): string[] {
  const lists = study.front.map((point) => differences(study, point));
  return (lists[0] ?? []).filter((text) => lists.every((list) => list.includes(text)));
}

function row(choice: Choice, point: number, all: string[]): HTMLElement {
  const { study } = choice;
  const own = differences(study, point).filter((text) => !all.includes(text));
  const id = h('button', { type: 'button', class: 'plain', title: 'Choose this point' }, String(study.points.id[point]));
  const out = h(
    'tr',
    {
      'data-point': study.points.id[point],
      class: [choice.keeps(point) ? '' : 'dim', choice.chosen === point ? 'is-chosen' : ''].join(' ').trim() || undefined,
    },
    h('th', { scope: 'row', class: 'number' }, id),
    ...study.figures.map((figure, f) =>
      h('td', { class: 'number' }, figureText(figure, study.points.figures[f][point])),
    ),
    h('td', {}, ...own.map((text) => h('span', { class: 'key' }, text))),
  );
  out.addEventListener('click', () => choice.choose(point));
  return out;
}

export function frontTable(choice: Choice): HTMLElement {
  const { study } = choice;
  if (study.front.length === 0) return section('front', 'The front', 'No point is within the limits yet.');
  const order: Order = { column: 1, down: study.figures[0].goal === 'max' };
  const all = common(study);
  const body = h('tbody', {});
  const draw = () => {
    const sign = order.down ? -1 : 1;
    const points = [...study.front].sort(
      (a, b) => sign * (valueOf(study, order.column, a) - valueOf(study, order.column, b)) || a - b,
    );
    body.replaceChildren(...points.map((point) => row(choice, point, all)));
  };
  const heads = ['point', ...study.figures.map((figure) => figure.name)].map((name, column) => {
    const pressed = h('button', { type: 'button', class: 'plain' }, name);
    const head = h('th', { scope: 'col', class: 'number' }, pressed);
    pressed.addEventListener('click', () => {
      order.down = order.column === column && !order.down;
      order.column = column;
      mark();
      draw();
    });
    return head;
  });
  const mark = () =>
    heads.forEach((head, column) => {
      const sorted = order.column !== column ? 'none' : order.down ? 'descending' : 'ascending';
      head.setAttribute('aria-sort', sorted);
    });
  mark();
  choice.onChange(draw);
  draw();
  return section(
    'front',
    'The front',
    `${study.front.length} ${study.front.length === 1 ? 'point' : 'points'} that no other beats in every objective. ` +
      'A click on a name sorts by it, one on a row chooses the point.',
    all.length > 0 && h('p', { class: 'note' }, 'All with: ', ...all.map((text) => h('span', { class: 'key' }, text))),
    h(
      'div',
      { class: 'scroll' },
      h('table', {}, h('thead', {}, h('tr', {}, ...heads, h('th', { scope: 'col' }, 'with'))), body),
    ),
  );
}
