// SPDX-License-Identifier: Apache-2.0
// Where each unit's cycles went: one bar a unit, parts by cause, which add up to the run.
import { chart, cut, legend, s, svg, table } from './dom';
import { activities, type Activity, activityWords, unitColour } from './palette';
import type { Run } from './data';
import { grouped, percent, plainActivity, share } from './format';
import { restFill, waits } from './hatch';
import { beside, field, section } from './section';

const rowHeight = 26,
  barHeight = 18;

// Work has its unit's colour, a wait its cause's hatching.
const fillOf = (unit: string, activity: Activity): string =>
  activity === 'busy' ? unitColour(unit) : restFill(activity);

function bars(run: Run, width: number): SVGSVGElement {
  const names = width < 520 ? 0 : 100,
    right = 58;
  const whole = width - names - right;
  const pitch = names === 0 ? rowHeight + 16 : rowHeight;
  const rows = Object.entries(run.report.units).map(([unit, account], row) => {
    const y = row * pitch + (names === 0 ? 15 : 0);
    let x = names;
    const parts = activities.map((activity) => {
      const cycles = account[activity] ?? 0;
      const w = whole * share(cycles, run.report.cycles);
      const rect =
        w > 0
          ? s(
              'rect',
              {
                x,
                y,
                width: w,
                height: barHeight,
                fill: fillOf(unit, activity),
                class: `part ${activity}`,
              },
              s(
                'title',
                {},
                `${unit}: ${plainActivity(activity)} ${grouped(cycles)} cycles, ` +
                  percent(share(cycles, run.report.cycles)),
              ),
            )
          : null;
      x += w;
      return rect;
    });
    const label =
      names === 0
        ? s('text', { x: 0, y: y - 5, class: 'label' }, unit)
        : s('text', { x: names - 8, y: y + 13, class: 'label end' }, cut(unit, names));
    return s(
      'g',
      {},
      label,
      ...parts,
      s('text', { x: width, y: y + 13, class: 'value end' }, percent(share(account.busy ?? 0, run.report.cycles))),
    );
  });
  return svg(width, rows.length * pitch, ...rows);
}

function figures(run: Run): HTMLElement {
  const columns = ['unit', ...activities.map(plainActivity), 'sum'].map((name, i) => ({ name, numeric: i > 0 }));
  const rows = Object.entries(run.report.units).map(([unit, account]) => [
    unit,
    ...activities.map((activity) => field(run, `units.${unit}.${activity}`, 'grouped')),
    grouped(activities.reduce((sum, activity) => sum + (account[activity] ?? 0), 0)),
  ]);
  return table('Cycles of each unit by what they were spent on', columns, rows);
}

export function stalls(runs: Run[]): HTMLElement {
  const happen = (activity: Activity) =>
    runs.some((run) => Object.values(run.report.units).some((account) => (account[activity] ?? 0) > 0));
  const rests = [...waits.filter(happen), 'idle' as const];
  return section(
    'stalls',
    'Where the units\u2019 cycles went',
    'Each bar is the whole run: first, in the unit\u2019s colour, its work, whose share stands at the end; then, grey and ' +
      'hatched by the cause, its waits; then idle.' +
      (runs.some((run) => run.report.input.images > 1)
        ? ' With several images the waits for an instruction hold those for the next doorbell.'
        : ''),
    legend(
      rests.map((activity) => ({
        text: activity === 'idle' ? activity : `${plainActivity(activity)}: ${activityWords[activity]}`,
        colour: restFill(activity),
      })),
    ),
    beside(runs, (run) => {
      const figure = chart(`Busy, waiting and idle cycles of ${Object.keys(run.report.units).length} units`, (width) =>
        bars(run, width),
      );
      const box = document.createElement('div');
      box.append(figure, figures(run));
      return box;
    }),
  );
}
