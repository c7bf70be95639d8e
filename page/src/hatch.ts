// SPDX-License-Identifier: Apache-2.0
// How waits look: one grey, hatched by the cause. Work is solid and has its unit's hue, so that neither can be taken
// for the other, whatever the kind of colour vision.
import { s } from './dom';
import { type Activity, resolved, theme } from './palette';

export const waits = ['stall_dependency', 'stall_memory', 'stall_downstream', 'stall_fence', 'stall_dispatch'] as const;
export type Wait = (typeof waits)[number];

const tile = 6; // pixels

// Strokes on a tile, which continue on its neighbours.
const strokes: Record<Wait, { path: string; width: number }> = {
  stall_dependency: { path: 'M-1 7L7 -1M-4 4L4 -4M2 10L10 2', width: 1.3 },
  stall_memory: { path: 'M0 1.5H6M0 4.5H6', width: 1.6 },
  stall_downstream: { path: 'M0.5 1.5H2.5M3.5 4.5H5.5', width: 2 },
  stall_fence: { path: 'M1.5 0V6M4.5 0V6', width: 1.2 },
  stall_dispatch: { path: 'M0 0L6 6M0 6L6 0M-1 1L1 -1M5 7L7 5M-1 5L1 7M5 -1L7 1', width: 1.7 },
};

const isWait = (activity: string): activity is Wait => activity in strokes;

// What SVG fills an activity with that is not work; `hatches()` has to be on the page.
export function restFill(activity: Activity): string {
  return isWait(activity) ? `url(#${activity})` : 'var(--idle)';
}

// The patterns that restFill() names, once a page.
export function hatches(): SVGSVGElement {
  const patterns = waits.map((wait) =>
    s(
      'pattern',
      { id: wait, width: tile, height: tile, patternUnits: 'userSpaceOnUse' },
      s('rect', { width: tile, height: tile, style: 'fill: var(--wait)' }),
      s('path', {
        d: strokes[wait].path,
        'stroke-width': strokes[wait].width,
        style: 'fill: none; stroke: var(--wait-line)',
      }),
    ),
  );
  return s('svg', { class: 'hatches', width: 0, height: 0, 'aria-hidden': 'true' }, s('defs', {}, ...patterns));
}

const drawn = new Map<string, CanvasPattern | string>();

// The same for a canvas whose pixels are `ratio` to one of CSS. Each is drawn once, since timelines are painted often.
export function hatchPattern(context: CanvasRenderingContext2D, wait: Wait, ratio: number): CanvasPattern | string {
  const key = `${wait} ${ratio} ${theme()}`;
  return drawn.get(key) ?? drawn.set(key, drawHatch(context, wait, ratio)).get(key)!;
}

function drawHatch(context: CanvasRenderingContext2D, wait: Wait, ratio: number): CanvasPattern | string {
  const side = Math.round(tile * ratio);
  const canvas = new OffscreenCanvas(side, side);
  const c = canvas.getContext('2d');
  if (!c) return resolved('--wait-line');
  c.scale(side / tile, side / tile);
  c.fillStyle = resolved('--wait');
  c.fillRect(0, 0, tile, tile);
  c.strokeStyle = resolved('--wait-line');
  c.lineWidth = strokes[wait].width;
  c.stroke(new Path2D(strokes[wait].path));
  const pattern = context.createPattern(canvas, 'repeat');
  pattern?.setTransform(new DOMMatrix().scale(tile / side));
  return pattern ?? resolved('--wait-line');
}
