// SPDX-License-Identifier: Apache-2.0
// What of two runs was different before the first cycle.
import type { Report } from './data';

type Cause = [name: string, a: string, b: string];

// Options of `run` that change what comes out, as they are given; an earlier report knows none.
function options({ run }: Report): string[] {
  if (run === undefined) return [];
  return [
    ...(run.timing_only ? ['--timing-only'] : []),
    ...(run.stall_seed === null ? [] : [`--stalls ${run.stall_seed}`]),
    ...run.flips.map((flip) => `--flip ${flip}`),
  ];
}

// Parameters of the platforms.
function parameters(a: Report, b: Report): Cause[] {
  const [x, y] = [a.platform.parameters, b.platform.parameters];
  return [...new Set([...Object.keys(x), ...Object.keys(y)])]
    .filter((key) => x[key] !== y[key])
    .map((key): Cause => [key, x[key] ?? '\u2013', y[key] ?? '\u2013']);
}

export function wentIn(a: Report, b: Report): Cause[] {
  const rest: Cause[] = [
    ['network', a.network.name, b.network.name],
    ['network digest', a.network.digest, b.network.digest],
    ['input', a.input.digest, b.input.digest],
    ['options', options(a).join(' ') || 'none', options(b).join(' ') || 'none'],
    ['blendsim', a.versions.blendsim, b.versions.blendsim],
  ];
  return [...rest.filter(([, x, y]) => x !== y), ...parameters(a, b)];
}

const shown = 3;

// What a run has otherwise than the other one: "memory.sync=8, --stalls 3"; empty: nothing.
export function own(report: Report, other: Report): string {
  const given = options(report).filter((option) => !options(other).includes(option));
  const all = [...given, ...parameters(report, other).map(([key, value]) => `${key}=${value}`)];
  const more = all.length > shown ? ` and ${all.length - shown} more` : '';
  return all.slice(0, shown).join(', ') + more;
}
