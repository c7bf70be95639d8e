// SPDX-License-Identifier: Apache-2.0
// What the figures rest on.
import { coded, h } from './dom';
import type { Run } from './data';
import { beside, section } from './section';

function assumptions(run: Run): HTMLElement {
  const rows = run.report.assumptions.map((a) =>
    h(
      'tr',
      {},
      h('th', { scope: 'row' }, a.key),
      h('td', {}, a.value),
      h('td', {}, a.range),
      h('td', {}, ...coded(a.why)),
    ),
  );
  return h(
    'div',
    { class: 'scroll' },
    h(
      'table',
      { class: 'assumptions' },
      h('thead', {}, h('tr', {}, ...['parameter', 'value', 'may be', 'why'].map((t) => h('th', { scope: 'col' }, t)))),
      h('tbody', {}, ...rows),
    ),
  );
}

function identity(run: Run): HTMLElement {
  const r = run.report;
  const rows: [string, string][] = [
    ['blendsim', r.versions.blendsim],
    ['schema', r.versions.schema],
    ['report', r.digest],
    ['network', `${r.network.name}, ${r.network.digest}`],
    ['program', r.program.digest],
    ['platform', `${r.platform.name}, ${r.platform.digest}`],
    ['changed by', r.platform.overrides.join(', ') || 'nothing'],
    ['input', r.input.source === 'random' ? `made up, seed ${r.input.seed}: outputs mean nothing` : r.input.digest],
  ];
  return h('dl', { class: 'identity' }, ...rows.flatMap(([name, text]) => [h('dt', {}, name), h('dd', {}, text)]));
}

function parameters(run: Run): HTMLElement {
  const rows = Object.entries(run.report.platform.parameters).map(([key, value]) =>
    h('tr', {}, h('th', { scope: 'row' }, key), h('td', {}, value)),
  );
  return h(
    'details',
    { class: 'table' },
    h('summary', {}, `Every parameter of the platform (${rows.length})`),
    h('div', { class: 'scroll' }, h('table', {}, h('tbody', {}, ...rows))),
  );
}

export function closing(runs: Run[]): HTMLElement {
  return section(
    'assumptions',
    'Assumptions, notes, versions',
    '',
    beside(runs, (run) =>
      h(
        'div',
        {},
        run.report.assumptions.length > 0 && h('h3', {}, 'Assumed values of the platform'),
        run.report.assumptions.length > 0 && assumptions(run),
        h('h3', {}, 'Notes'),
        h(
          'ul',
          { class: 'notes' },
          ...[
            ...run.report.notes,
            ...run.report.cpu_operators.map((op) => `On the processor, not inside the latency: ${op}`),
          ].map((note) => h('li', {}, ...coded(note))),
        ),
        h('h3', {}, 'What ran'),
        identity(run),
        parameters(run),
      ),
    ),
  );
}
