// SPDX-License-Identifier: Apache-2.0
// Colours. The hues of waits and units are Okabe and Ito's, which stay apart for every kind of colour vision; busy time
// is grey, so that what was lost stands out. Values are in style.css, one set a theme.

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

export function activityColour(activity: string): string {
  return `var(--${activity.replace('stall_', '')})`;
}

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

export function theme(): 'dark' | 'light' {
  const chosen = document.documentElement.dataset.theme;
  if (chosen === 'dark' || chosen === 'light') return chosen;
  return matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light';
}
