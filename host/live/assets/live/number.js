// Numbers as the page writes them. `percent`, `probability`, `significant` and
// `bytes` follow the same rules as the report's (`host/draw/src/number.rs`); a
// test compares the two.

import { roundTiesEven } from './arithmetic.js';

const GROUPED = new Intl.NumberFormat('en', { maximumFractionDigits: 0 });

const isMissing = (value) => value === null || value === undefined || Number.isNaN(value);

/** With `digits` after the point, ties to even. */
function fixed(value, digits) {
  const scale = 10 ** digits;
  const scaled = value * scale;
  const isTie = scaled - Math.floor(scaled) === 0.5;
  return (isTie ? roundTiesEven(scaled) / scale : value).toFixed(digits);
}

/** An integer: 42,890. */
export const integer = (value) =>
  value === null || value === undefined ? '–' : GROUPED.format(value).replace('-', '−');

/** A measured number with `digits` after the point, cut off and not rounded up. */
export function cut(value, digits) {
  if (isMissing(value)) return '–';
  const scale = 10 ** digits;
  return (Math.floor(value * scale) / scale).toFixed(digits).replace('-', '−');
}

/** A probability in per cent. What is not certain is never shown as 0 or 100. */
export function percent(probability) {
  if (!Number.isFinite(probability)) return 'not a number';
  if (probability > 0 && probability < Math.fround(0.0005)) return '<0.1 %';
  if (probability >= Math.fround(0.9995) && probability < 1) return '>99.9 %';
  return `${fixed(Math.fround(100 * probability), 1)} %`;
}

/** A probability from 0 to 1, with as many digits as keep it apart from both. */
export function probability(value) {
  if (value === 0 || value === 1) return String(value);
  const certainty = Math.min(value, 1 - value);
  if (!(certainty >= 1e-6 && certainty <= 0.5)) return significant(value);
  return fixed(value, Math.max(3, 1 - Math.floor(Math.log10(certainty))));
}

/** Bytes: 784 B, 51.9 KiB or 4.0 MiB. */
export function bytes(count) {
  if (count < 10_000) return `${integer(count)} B`;
  const kib = count / 1024;
  return kib < 1024 ? `${fixed(kib, 1)} KiB` : `${fixed(kib / 1024, 1)} MiB`;
}

/** A real number with three significant figures: 12.3, −0.0412, 4.10e-7. */
export function significant(value) {
  if (isMissing(value)) return '–';
  const magnitude = Math.abs(Math.fround(value));
  if (magnitude === 0) return '0';
  if (!Number.isFinite(magnitude)) return String(value);
  const text = magnitude < Math.fround(1e-3) || magnitude >= 1e6
    ? magnitude.toExponential(2).replace('+', '')
    : fixed(magnitude, Math.max(0, 2 - Math.floor(Math.log10(magnitude))));
  return value < 0 ? `−${text}` : text;
}

/** A small real number: 2.4000e-4. */
export const real = (value) => value.toExponential(4).replace('+', '').replace(/^-/, '−');

/** Multiplications: 1.6 M, 288 k. */
export function many(value) {
  if (value >= 1e6) return `${(value / 1e6).toFixed(1)} M`;
  if (value >= 1e4) return `${Math.round(value / 1e3)} k`;
  return integer(value);
}

/** The least of the values that `part` of them do not exceed. */
export function quantile(values, part) {
  if (values.length === 0) return null;
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.ceil(part * sorted.length) - 1)];
}
