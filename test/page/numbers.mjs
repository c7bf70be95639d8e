// Whether a text of the page says a number of the report: to the digits that it shows.
const prefixes = { T: 1e12, G: 1e9, M: 1e6, k: 1e3, '': 1, m: 1e-3, '\u00b5': 1e-6, n: 1e-9, p: 1e-12, f: 1e-15 };

export function valueAt(report, path) {
  return path.split('.').reduce((value, key) => value?.[key], report);
}

export function says(text, value, format) {
  if (value === null || value === undefined) return text === '\u2013';
  if (typeof value !== 'number') return text === String(value);
  if (format === 'grouped') {
    const plain = text.replaceAll(',', '');
    const groups = text
      .split('.')[0]
      .split(',')
      .slice(1)
      .every((group) => group.length === 3);
    return Number(plain) === value && groups;
  }
  if (format === 'percent')
    return /^-?\d+\.\d\u00a0%$/.test(text) && Math.abs(parseFloat(text) / 100 - value) <= 0.00051;
  if (format === 'clock') return text === `${Math.floor(value / 1e6)}\u00a0MHz`;
  if (format === 'number') return Math.abs(Number(text) - value) <= 5.1e-4 * Math.abs(value);
  const unit = format.slice('unit:'.length);
  const [number, rest] = text.split('\u00a0');
  if (rest === undefined || !rest.endsWith(unit)) return false;
  const factor = prefixes[rest.slice(0, rest.length - unit.length)];
  return factor !== undefined && Math.abs(Number(number) * factor - value) <= 5.1e-4 * Math.abs(value);
}
