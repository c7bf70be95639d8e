// SPDX-License-Identifier: Apache-2.0
// Numbers for people, as the text report writes them. Independent of the locale.

export function grouped(value: number): string {
  const [whole, rest] = String(value).split('.');
  const text = whole.replace(/\B(?=(\d{3})+(?!\d))/g, ',');
  return rest === undefined ? text : `${text}.${rest}`;
}

const prefixes: [number, string][] = [
  [1e12, 'T'],
  [1e9, 'G'],
  [1e6, 'M'],
  [1e3, 'k'],
  [1, ''],
  [1e-3, 'm'],
  [1e-6, '\u00b5'],
  [1e-9, 'n'],
  [1e-12, 'p'],
  [1e-15, 'f'],
];

// Four significant digits, without the zeros at the end.
export function significant(value: number, digits = 4): string {
  return String(Number(value.toPrecision(digits)));
}

export function engineering(value: number, unit: string): string {
  if (value === 0) return `0\u00a0${unit}`;
  // Rounded first: 999.96 is 1 k, not 1000.
  const size = Math.abs(Number(value.toPrecision(4)));
  const [factor, prefix] = prefixes.find(([f]) => size >= f) ?? prefixes[prefixes.length - 1];
  return `${significant(value / factor)}\u00a0${prefix}${unit}`;
}

export function percent(fraction: number): string {
  return `${(100 * fraction).toFixed(1)}\u00a0%`;
}

export function share(part: number, whole: number): number {
  return whole > 0 ? part / whole : 0;
}

// "stall_dependency" -> "dependency"
export function plainActivity(name: string): string {
  return name.replace(/^stall_/, '');
}

// The step of an axis' ticks: 1, 2 or 5 times a power of ten, so that at most `most` of them fit.
export function niceStep(range: number, most: number): number {
  const least = range / Math.max(1, most);
  const power = 10 ** Math.floor(Math.log10(least));
  for (const factor of [1, 2, 5, 10]) {
    if (factor * power >= least * (1 - 1e-9)) return factor * power;
  }
  return 10 * power;
}
