// SPDX-License-Identifier: Apache-2.0
// The timelines of the runs, which share one window of time.
import { button, h, legend, table } from '../dom';
import type { Phase, Run } from '../data';
import { activities, activityWords, BUSY, IDLE, unitColour } from '../palette';
import { grouped } from '../format';
import { restFill, waits } from '../hatch';
import { badge, section } from '../section';
import { Window } from '../window';
import { Timeline } from './view';

export interface Shown {
  window: Window;
  phases: [Run, Phase][];
}

function figures(phase: Phase): HTMLElement {
  const rows = phase.lanes.map((lane) => {
    const longest = lane.activity.reduce(
      (best, activity, i) =>
        activity !== BUSY &&
        activity !== IDLE &&
        lane.to[i] - lane.from[i] > (best < 0 ? 0 : lane.to[best] - lane.from[best])
          ? i
          : best,
      -1,
    );
    const slices = lane.activity.filter((activity) => activity === BUSY).length;
    return [
      lane.unit,
      grouped(slices),
      longest < 0 ? '\u2013' : `${grouped(lane.to[longest] - lane.from[longest])} from ${grouped(lane.from[longest])}`,
    ];
  });
  return table(
    'Units of the timeline',
    [{ name: 'unit' }, { name: 'busy slices', numeric: true }, { name: 'longest wait, cycles', numeric: true }],
    rows,
  );
}

// What the timelines of these phases hold: a critical path, units, waits.
function legends(phases: [Run, Phase][]): HTMLElement[] {
  const all = phases.map(([, phase]) => phase);
  const seen = new Set(all.flatMap((phase) => phase.lanes.flatMap((lane) => [...new Set(lane.activity)])));
  const hasPath = all.some((phase) => phase.path.record.length > 0);
  const units = new Set(
    all.flatMap((phase) => phase.lanes.filter((lane) => lane.activity.includes(BUSY)).map((lane) => lane.unit)),
  );
  const group = (text: string, ...lists: HTMLElement[]) => h('div', { class: 'legend' }, text, ...lists);
  const work = [...units].map((unit) => ({ text: unit, colour: unitColour(unit) }));
  const fetch = all.some((phase) => hasPath || phase.bursts.port.includes(0));
  if (fetch) work.push({ text: 'dispatch', colour: unitColour('dispatcher') });
  const waiting = waits
    .filter((wait) => seen.has(activities.indexOf(wait)))
    .map((wait) => ({ text: activityWords[wait], colour: restFill(wait), shape: 'low' as const }));
  const critical = 'Work: full colour on the critical path, pale beside it (layers alternate)';
  const out = [group(hasPath ? critical : 'Work', legend(work))];
  if (waiting.length > 0) out.push(group('Waits', legend(waiting)));
  return out;
}

// `show` is called with the phases to draw curves of, again when another phase is chosen.
export function timelines(runs: Run[], show: (shown: Shown) => void): HTMLElement | null {
  const told = runs.filter((run) => run.phases.length > 0);
  if (told.length === 0) return null;
  const box = h('div', {}),
    key = h('div', {});
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
    key.replaceChildren(...legends(phases));
    box.replaceChildren(
      ...phases.map(([run, phase]) =>
        h(
          'div',
          { class: 'figure' },
          runs.length > 1 && badge(run),
          phase.imagesShown < phase.images &&
            h('p', { class: 'caption' }, `The first ${grouped(phase.imagesShown)} of ${grouped(phase.images)} images.`),
          new Timeline(run, phase, window).element,
          figures(phase),
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
    'Every unit\u2019s time: full height and in its colour, its front is held; low and grey, it waits, hatched by the ' +
      'cause; blank, idle.',
    tabs,
    key,
    box,
  );
}
