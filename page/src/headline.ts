// SPDX-License-Identifier: Apache-2.0
// What a run came to, with what is exact and what is estimated; of two runs, how they differ.
import { breakable, type Child, h } from './dom';
import type { Run } from './data';
import { grouped, percent, share } from './format';
import { at, beside, failed, field, type Format, section, shown, warned } from './section';
import { wentIn } from './went_in';

// A unit's share of the critical path; dispatch has what no unit has.
function criticalShares(run: Run): [string, number][] {
  const shares = Object.entries(run.report.units).map(([unit, u]): [string, number] => [unit, u.critical_cycles ?? 0]);
  const units = shares.reduce((sum, [, cycles]) => sum + cycles, 0);
  shares.push(['dispatch', run.report.cycles - units]);
  return shares.sort((a, b) => b[1] - a[1]);
}

function tile(kind: string, name: string, value: Child, ...more: Child[]): HTMLElement {
  return h(
    'div',
    { class: `tile ${kind}` },
    h('dt', {}, name),
    h('dd', {}, h('div', { class: 'value' }, value), ...more),
  );
}

const small = (...content: Child[]) => h('div', { class: 'more' }, ...content);

// What may fail stands out by its frame, its ground and a sign, not by a colour alone.
function verdicts(run: Run): HTMLElement[] {
  const { resources, platform, clock } = run.report;
  const fit = resources.fits
    ? tile(
        'estimated',
        'Fits its part',
        'yes',
        small(platform.device),
        small('within the platform\u2019s routing limits'),
      )
    : tile(
        'estimated failed',
        'Fits its part',
        failed('no'),
        small(platform.device),
        ...resources.over.map((text) => h('div', { class: 'more reason' }, text)),
      );
  const estimate = field(run, 'clock.fmax_hz', 'clock');
  const band = small(
    field(run, 'clock.estimated_fmax_hz.0', 'clock'),
    ' to ',
    field(run, 'clock.estimated_fmax_hz.1', 'clock'),
    ', by ',
    clock.limited_by,
  );
  const requested = field(run, 'clock.requested_hz', 'unit:Hz');
  return [
    fit,
    clock.above_estimate
      ? tile(
          'estimated warned',
          'Clock',
          warned(requested),
          h('div', { class: 'more reason' }, 'above the estimate of ~', estimate),
          band,
        )
      : tile('estimated', 'Clock', requested, small('estimate ~', estimate), band),
  ];
}

function tiles(run: Run): HTMLElement {
  const r = run.report;
  const [first, second] = criticalShares(run);
  const rate =
    r.inferences_per_s === null
      ? small('one inference; init before it: ', field(run, 'init_cycles', 'grouped'), ' cycles')
      : small(
          field(run, 'inferences_per_s', 'number'),
          ' inferences/s, one every ',
          field(run, 'interval_cycles', 'grouped'),
          ' cycles',
        );
  return h(
    'dl',
    { class: 'tiles' },
    tile(
      'exact',
      'Latency',
      field(run, 'latency_s', 'unit:s'),
      small(field(run, 'cycles', 'grouped'), ' cycles at ', field(run, 'platform.clock_hz', 'unit:Hz')),
      rate,
    ),
    tile(
      'exact',
      'Arithmetic',
      h('span', {}, field(run, 'efficiency.gops', 'number'), ' GOP/s'),
      small(
        percent(share(r.efficiency.gops, r.efficiency.peak_gops)),
        ' of the peak, ',
        field(run, 'efficiency.peak_gops', 'number'),
        ' GOP/s',
      ),
      small('a compute unit is busy in ', percent(share(r.compute_cycles, r.cycles)), ' of the cycles'),
    ),
    tile(
      'exact',
      'Bottleneck',
      first[0],
      small(percent(share(first[1], r.cycles)), ' of the critical path'),
      small('then ', second[0], ': ', percent(share(second[1], r.cycles))),
    ),
    tile(
      'exact',
      'DRAM traffic',
      shown(r.memory.dram_read_bytes + r.memory.dram_write_bytes, 'unit:B'),
      small(
        field(run, 'memory.dram_read_bytes', 'grouped'),
        ' B read, ',
        field(run, 'memory.dram_write_bytes', 'grouped'),
        ' B written',
      ),
    ),
    tile(
      'estimated',
      'Power',
      h('span', {}, '~', field(run, 'power.total_w', 'unit:W')),
      small(field(run, 'power.total_w_range.0', 'unit:W'), ' to ', field(run, 'power.total_w_range.1', 'unit:W')),
      small(
        'core ~',
        field(run, 'power.rails.core', 'unit:W'),
        ', processor ~',
        field(run, 'power.rails.processor', 'unit:W'),
        ', junction ',
        field(run, 'power.junction_celsius', 'number'),
        ' °C',
      ),
      ...(r.power.fits ? [] : [small('does not fit: the power of no board')]),
    ),
    tile(
      'estimated',
      'Energy an inference',
      h('span', {}, '~', field(run, 'power.energy_per_inference_j', 'unit:J')),
      small('~', field(run, 'power.dynamic_energy_j', 'unit:J'), ' for one more; ~', field(run, 'efficiency.gops_per_w', 'number'), ' GOP/s/W'),
    ),
    ...verdicts(run),
  );
}

const compared: [string, string, Format, boolean][] = [
  ['cycles', 'cycles', 'grouped', true],
  ['latency', 'latency_s', 'unit:s', true],
  ['init cycles', 'init_cycles', 'grouped', true],
  ['compute cycles', 'compute_cycles', 'grouped', true],
  ['GOP/s', 'efficiency.gops', 'number', true],
  ['DRAM read', 'memory.dram_read_bytes', 'unit:B', true],
  ['DRAM written', 'memory.dram_write_bytes', 'unit:B', true],
  ['power', 'power.total_w', 'unit:W', false],
  ['energy an inference', 'power.energy_per_inference_j', 'unit:J', false],
  ['GOP/s/W', 'efficiency.gops_per_w', 'number', false],
  ['DSP', 'resources.dsp', 'grouped', true],
  ['LUT', 'resources.lut', 'grouped', false],
  ['flip-flops', 'resources.ff', 'grouped', false],
  ['BRAM36', 'resources.bram36', 'grouped', true],
  ['URAM', 'resources.uram', 'grouped', true],
];

function difference(a: number, b: number, format: Format): string {
  if (a === b) return '=';
  const sign = b > a ? '+' : '\u2212';
  const text = format === 'grouped' ? grouped(Math.abs(b - a)) : shown(Math.abs(b - a), format);
  return a === 0 ? `${sign}${text}` : `${sign}${text} (${sign}${(100 * Math.abs(b / a - 1)).toFixed(1)}\u00a0%)`;
}

function causes(runs: Run[]): HTMLElement | null {
  const rows = wentIn(runs[0].report, runs[1].report);
  if (rows.length === 0)
    return h('p', { class: 'caption' }, 'Network, input, options and every parameter of the platform are the same.');
  const body = rows.map((row) => h('tr', {}, ...row.map((text) => h('td', {}, text))));
  return h(
    'details',
    { class: 'table', open: rows.length <= 8 },
    h('summary', {}, `What went in differently: ${rows.length}`),
    h(
      'div',
      { class: 'scroll' },
      h(
        'table',
        {},
        h('thead', {}, h('tr', {}, ...['', 'A', 'B'].map((t) => h('th', {}, t)))),
        h('tbody', {}, ...body),
      ),
    ),
  );
}

function comparison(runs: Run[]): HTMLElement {
  const rows = compared.map(([name, path, format, exact]) => {
    const [a, b] = runs.map((run) => at(run, path));
    const both = typeof a === 'number' && typeof b === 'number';
    return h(
      'tr',
      {},
      h('th', { scope: 'row' }, name, exact ? '' : '\u00a0~'),
      ...runs.map((run) => h('td', { class: 'number' }, field(run, path, format))),
      h('td', { class: 'number difference' }, both ? difference(a, b, format) : ''),
    );
  });
  return differences(rows);
}

function differences(rows: HTMLElement[]): HTMLElement {
  const names = ['', 'A', 'B', 'B \u2212 A'].map((t) =>
    h('th', { scope: 'col', class: t === '' ? undefined : 'number' }, t),
  );
  return h(
    'div',
    { class: 'scroll whole' },
    h('table', { class: 'comparison' }, h('thead', {}, h('tr', {}, ...names)), h('tbody', {}, ...rows)),
  );
}

const changesShown = 8;

// The layers whose cycles on the critical path changed most: there the difference of the cycles comes from.
function changes(runs: Run[]): HTMLElement | null {
  const [a, b] = runs.map((run) => new Map(run.report.layers.map((layer) => [layer.name, layer.critical_cycles])));
  const all = [...new Set([...a.keys(), ...b.keys()])]
    .map((name): [string, number, number] => [name, a.get(name) ?? 0, b.get(name) ?? 0])
    .filter(([, before, after]) => before !== after)
    .sort((x, y) => Math.abs(y[2] - y[1]) - Math.abs(x[2] - x[1]));
  if (all.length === 0) return null;
  const rows = all
    .slice(0, changesShown)
    .map(([name, before, after]) =>
      h(
        'tr',
        {},
        h('th', { scope: 'row' }, ...breakable(name)),
        h('td', { class: 'number' }, grouped(before)),
        h('td', { class: 'number' }, grouped(after)),
        h('td', { class: 'number difference' }, difference(before, after, 'grouped')),
      ),
    );
  const title =
    all.length > changesShown
      ? `Largest ${changesShown} of ${all.length} changes on the critical path, by layer`
      : 'Changes on the critical path, by layer';
  return h('div', {}, h('h3', {}, title), differences(rows));
}

export function headline(runs: Run[]): HTMLElement {
  const marks = h(
    'p',
    { class: 'caption' },
    h('span', { class: 'mark exact' }, 'exact'),
    ' follows from the model to the cycle and the bit; ',
    h('span', { class: 'mark estimated' }, 'estimated'),
    ' carries its band.',
  );
  if (runs.length === 1) return section('headline', 'In short', '', tiles(runs[0]), marks);
  return section(
    'headline',
    'In short',
    '',
    beside(runs, tiles),
    marks,
    h('h3', {}, 'B against A'),
    h('div', { class: 'beside roomy' }, h('div', {}, comparison(runs)), h('div', {}, causes(runs), changes(runs))),
  );
}
