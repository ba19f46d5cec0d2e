// Numbers as the page writes them: grouped, with a real minus, never rounded up.

const GROUPED = new Intl.NumberFormat('en', { maximumFractionDigits: 0 });

/** An integer: 42,890. */
export const integer = (value) =>
  value === null || value === undefined ? '–' : GROUPED.format(value).replace('-', '−');

/** A number with so many digits after the point, cut off. */
export function cut(value, digits) {
  if (value === null || value === undefined || Number.isNaN(value)) return '–';
  const scale = 10 ** digits;
  return (Math.floor(value * scale) / scale).toFixed(digits).replace('-', '−');
}

/** A probability in per cent. */
export const percent = (value) => `${(100 * value).toFixed(1)} %`;

/** Bytes as KB of 1,024 bytes, or as bytes where there are few. */
export const bytes = (value) => (value < 1024 ? `${integer(value)} B` : `${cut(value / 1024, 1)} KB`);

/** A real number with three significant digits: 12.3, −0.0412, 4.1e−7. */
export function significant(value) {
  if (value === null || value === undefined || Number.isNaN(value)) return '–';
  const size = Math.abs(value);
  const text = size !== 0 && (size < 1e-3 || size >= 1e5) ? value.toExponential(2) : String(Number(value.toPrecision(3)));
  return text.replaceAll('-', '−');
}

/** A small real number: 2.4000e−4. */
export const real = (value) => value.toExponential(4).replaceAll('-', '−');

/** Multiplications: 1.6 M, 288 k. */
export function many(value) {
  if (value >= 1e6) return `${(value / 1e6).toFixed(1)} M`;
  if (value >= 1e4) return `${Math.round(value / 1e3)} k`;
  return integer(value);
}

/** The value that so large a part of the sorted ones does not exceed. */
export function quantile(values, part) {
  if (values.length === 0) return null;
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.ceil(part * sorted.length) - 1)];
}
