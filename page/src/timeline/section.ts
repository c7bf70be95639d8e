// SPDX-License-Identifier: Apache-2.0
// The timelines of the runs, which share one window of time.
import { button, h, legend, table } from '../dom';
import type { Phase, Run } from '../data';
import { activityColour, activityWords, unitColour } from '../palette';
import { grouped } from '../format';
import { badge, section } from '../section';
import { Window } from '../window';
import { Timeline } from './view';

export interface Shown {
  window: Window;
  phases: [Run, Phase][];
}

function figures(run: Run, phase: Phase): HTMLElement {
  const rows = phase.lanes.map((lane) => {
    const longest = lane.activity.reduce(
      (best, activity, i) =>
        activity !== 0 && activity !== 6 && lane.to[i] - lane.from[i] > (best < 0 ? 0 : lane.to[best] - lane.from[best])
          ? i
          : best,
      -1,
    );
    const slices = lane.activity.filter((activity) => activity === 0).length;
    return [
      lane.unit,
      grouped(slices),
      longest < 0 ? '\u2013' : `${grouped(lane.to[longest] - lane.from[longest])} from ${grouped(lane.from[longest])}`,
    ];
  });
  void run;
  return table(
    'Units of the timeline',
    [{ name: 'unit' }, { name: 'busy slices', numeric: true }, { name: 'longest wait, cycles', numeric: true }],
    rows,
  );
}

function legends(runs: Run[]): HTMLElement {
  const waits = ['dependency', 'memory', 'downstream', 'fence', 'dispatch'] as const;
  const units = [...new Set(runs.flatMap((run) => run.unitNames)), 'dispatch'];
  return h(
    'div',
    {},
    legend([
      { text: 'busy (layers alternate)', colour: 'var(--busy)' },
      { text: 'busy, on the critical path', colour: 'var(--critical)' },
      ...waits.map((wait) => ({
        text: activityWords[`stall_${wait}`],
        colour: activityColour(wait),
        shape: 'low' as const,
      })),
    ]),
    h(
      'div',
      { class: 'legend' },
      'Critical path, by unit:',
      legend(
        units.map((unit) => ({
          text: unit,
          colour: unit === 'dispatch' ? unitColour('dispatcher') : unitColour(unit),
        })),
      ),
    ),
  );
}

// `show` is called with the phases to draw curves of, again when another phase is chosen.
export function timelines(runs: Run[], show: (shown: Shown) => void): HTMLElement | null {
  const told = runs.filter((run) => run.phases.length > 0);
  if (told.length === 0) return null;
  const box = h('div', {});
  let current: Window | null = null;
  const redraw = () => current?.tell();
  globalThis.addEventListener('themechange', redraw);
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', redraw);
  const choose = (name: Phase['name']) => {
    const phases = told.map((run): [Run, Phase] => [
      run,
      run.phases.find((phase) => phase.name === name) ?? run.phases[0],
    ]);
    const window = new Window(Math.max(...phases.map(([, phase]) => phase.end)));
    current = window;
    box.replaceChildren(
      ...phases.map(([run, phase]) =>
        h(
          'div',
          { class: 'figure' },
          runs.length > 1 && badge(run),
          phase.imagesShown < phase.images &&
            h('p', { class: 'caption' }, `The first ${grouped(phase.imagesShown)} of ${grouped(phase.images)} images.`),
          new Timeline(run, phase, window).element,
          figures(run, phase),
        ),
      ),
    );
    for (const other of tabs.querySelectorAll('button'))
      other.setAttribute('aria-pressed', String(other.dataset.phase === name));
    show({ window, phases });
  };
  const tabs = h('div', { class: 'tabs', role: 'group', 'aria-label': 'Phase' });
  for (const [name, text] of [
    ['main', 'Inference'],
    ['init', 'Init'],
  ] as const) {
    if (!told.some((run) => run.phases.some((phase) => phase.name === name))) continue;
    const tab = button(`Show ${text.toLowerCase()}`, text, () => choose(name));
    tab.dataset.phase = name;
    tabs.append(tab);
  }
  choose('main');
  tabs.hidden = tabs.childElementCount < 2;
  return section(
    'timeline',
    'Timeline',
    'Every unit\u2019s time: full height, its front is held; low, it waits, coloured by the cause; blank, idle.',
    tabs,
    legends(told),
    box,
  );
}
