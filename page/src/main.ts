// SPDX-License-Identifier: Apache-2.0
// The page: a view after the other, each drawn from the reports, or the study, that the page brings along.
import { h } from './dom';
import { closing } from './closing';
import { curves } from './curves';
import { readHeld, readRun, type Report, type Run } from './data';
import { energy } from './energy';
import { frame, navigation } from './frame';
import { hatches } from './hatch';
import { headline } from './headline';
import { resources } from './resources';
import { roofline } from './roofline';
import { section } from './section';
import { stalls } from './stalls';
import { isStudies } from './study/data';
import { showStudy } from './study/views';
import { timelines } from './timeline/section';
import { waterfall } from './waterfall';
import { own } from './went_in';

function header(runs: Run[]): HTMLElement {
  const titles = runs.map((run) => `${run.report.network.name} on ${run.report.platform.name}`);
  const title = titles.length > 1 && titles[0] === titles[1] ? `${titles[0]}, two runs` : titles.join(' against ');
  const { input } = runs[0].report;
  const inferences = input.images === 1 ? 'one inference' : `${input.images} inferences back to back`;
  const about = runs
    .map((run) => `${run.report.platform.device}`)
    .filter((text, i, all) => all.indexOf(text) === i)
    .join(', ');
  return frame('BlendSim report', title, `${about}; ${inferences}${input.source === 'random' ? ', made-up input' : ''}`);
}

const names: Record<string, string> = {
  headline: 'In short',
  timeline: 'Timeline',
  stalls: 'Stalls',
  layers: 'Layers',
  roofline: 'Roofline',
  time: 'Over time',
  energy: 'Energy',
  resources: 'Resources',
  assumptions: 'Assumptions',
};

function show(runs: Run[], page: HTMLElement): void {
  const overTime = h('div', {});
  const timeline = timelines(runs, ({ window, phases }) => {
    overTime.replaceChildren(...phases.map(([run, phase]) => curves(run, phase, window, runs.length > 1)));
  });
  const time =
    timeline &&
    section('time', 'Over time', 'In the timeline\u2019s window: what you zoom there, these follow.', overTime);
  const none = section(
    'timeline',
    'Timeline',
    'This report was written without times: `blendsim run --json FILE --records` keeps them, `--html` always has them.',
  );
  const views = [
    headline(runs),
    timeline ?? none,
    stalls(runs),
    waterfall(runs),
    roofline(runs),
    time,
    energy(runs),
    resources(runs),
    closing(runs),
  ].filter((view): view is HTMLElement => view !== null);
  page.replaceChildren(hatches(), header(runs), navigation(views, names), ...views);
}

function showReports(reports: Report[], page: HTMLElement): void {
  const runs =
    reports.length > 1
      ? reports.map((report, i) => readRun('AB'[i], report, own(report, reports[1 - i])))
      : [readRun('', reports[0], '')];
  show(runs, page);
}

async function begin(): Promise<void> {
  const page = document.getElementById('page')!;
  try {
    const held = await readHeld(document.getElementById('data')!.textContent ?? '');
    if (isStudies(held)) showStudy(held[0], page);
    else showReports(held as Report[], page);
    page.dataset.ready = String(Math.round(performance.now()));
  } catch (problem) {
    page.replaceChildren(
      h('p', { role: 'alert' }, `The page cannot be shown: ${problem}. It needs a browser of 2024 or later.`),
    );
    throw problem;
  }
}

void begin();
