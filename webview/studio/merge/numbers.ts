import { NONE } from '../../common/format.ts';

/** "6.2 s", "3 min 20 s". */
export function formatSeconds(seconds: number): string {
  if (seconds < 59.95) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  return `${Math.floor(whole / 60)} min ${whole % 60} s`;
}

/** Four digits, so that numbers in a column line up: "0.8312", "12.50", "2.310e-5". */
export function formatNumber(value: number | null | undefined): string {
  if (value === null || value === undefined || !Number.isFinite(value)) return NONE;
  if (value === 0) return '0';
  const size = Math.abs(value);
  if (Number.isInteger(value) && size < 1e6) return String(value);
  return size < 1e-3 || size >= 1e4 ? value.toExponential(3) : value.toPrecision(4);
}

/** "12.3 %" for 0.123. */
export const formatShare = (share: number | null | undefined): string =>
  share === null || share === undefined ? NONE : `${(share * 100).toFixed(1)} %`;

/** A difference with its sign: "+0.012", "−3.1 %". */
export function formatSigned(value: number, format: (value: number) => string): string {
  if (value === 0) return '0';
  return `${value > 0 ? '+' : '−'}${format(Math.abs(value))}`;
}
