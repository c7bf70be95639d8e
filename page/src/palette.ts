// SPDX-License-Identifier: Apache-2.0
// Colours. The hues of units are Okabe and Ito's, which stay apart for every kind of colour vision; waits have none
// (hatch.ts). Values are in colours.css, one set a theme.

export const activities = [
  'busy',
  'stall_dependency',
  'stall_memory',
  'stall_downstream',
  'stall_fence',
  'stall_dispatch',
  'idle',
] as const;
export type Activity = (typeof activities)[number];
export const BUSY = 0;
export const IDLE = 6;

export const releases = ['dispatch', 'front', 'data_token', 'space_token', 'fence'] as const;

// What a wait of each kind is for, in words.
export const activityWords: Record<Activity, string> = {
  busy: 'busy',
  stall_dependency: 'waits for a compute unit\u2019s data',
  stall_memory: 'waits for data of load or store',
  stall_downstream: 'waits for a buffer to become free',
  stall_fence: 'waits for its own previous result',
  stall_dispatch: 'waits for an instruction',
  idle: 'idle',
};

export function unitColour(unit: string): string {
  return `var(--unit-${unit})`;
}

// A variable's colour as the theme has it now, for a canvas.
const probe = document.createElement('span');
const known = new Map<string, string>();
let knownFor = '';

export function resolved(name: string): string {
  if (!probe.isConnected) {
    probe.hidden = true;
    document.body.append(probe);
  }
  if (knownFor !== theme()) {
    known.clear();
    knownFor = theme();
  }
  const colour = known.get(name);
  if (colour !== undefined) return colour;
  probe.style.color = `var(${name})`;
  return known.set(name, getComputedStyle(probe).color).get(name)!;
}

const channels = (colour: string): number[] => (colour.match(/[\d.]+/g) ?? []).slice(0, 3).map(Number);

// `share` of one resolved colour, the rest of another.
export function mixed(colour: string, other: string, share: number): string {
  const [a, b] = [channels(colour), channels(other)];
  return `rgb(${a.map((part, i) => Math.round(share * part + (1 - share) * b[i])).join(' ')})`;
}

// Black or white, whichever reads better on a resolved colour: their contrasts are the same at a luminance of 0.18.
export function legibleOn(colour: string): string {
  const [r, g, b] = channels(colour).map((part) => (part / 255) ** 2.2);
  return 0.2126 * r + 0.7152 * g + 0.0722 * b > 0.18 ? '#000' : '#fff';
}

export function theme(): 'dark' | 'light' {
  const chosen = document.documentElement.dataset.theme;
  if (chosen === 'dark' || chosen === 'light') return chosen;
  return matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light';
}
