/** How numbers are written on every page. English grouping and points, so that values match the CLI's. */
import * as l10n from '@vscode/l10n';

const UNITS = ['B', 'kB', 'MB', 'GB', 'TB', 'PB'] as const;

/** Shown where there is no value. */
export const NONE = '–';

/** Bytes in decimal units with three digits, the number apart from its unit so that columns can align both. */
export function splitBytes(bytes: number): { readonly value: string; readonly unit: string } {
  let value = bytes;
  let unit = 0;
  // 999.5 would round to "1000": it is 1.00 of the next unit.
  while (value >= (unit === 0 ? 1000 : 999.5) && unit < UNITS.length - 1) {
    value /= 1000;
    unit++;
  }
  const digits = unit === 0 || value >= 99.95 ? 0 : value >= 9.995 ? 1 : 2;
  return { value: value.toFixed(digits), unit: UNITS[unit] ?? 'B' };
}

/** "451 MB", "1.23 kB", "512 B". */
export function formatBytes(bytes: number): string {
  const { value, unit } = splitBytes(bytes);
  return `${value} ${unit}`;
}

const grouped = new Intl.NumberFormat('en-US', { maximumFractionDigits: 0 });

/** "5,000". */
export const formatCount = (count: number): string => grouped.format(count);

const compact = new Intl.NumberFormat('en-US', { notation: 'compact', maximumSignificantDigits: 3 });

/** "304M", "6.04B". */
export const formatCompact = (count: number): string => compact.format(count);

/** Bits per weight: "2.40"; a file in which nothing is quantized has none. */
export const formatBitsPerWeight = (bits: number): string => (bits > 0 ? bits.toFixed(2) : NONE);

/** A part of a whole as "8.0 %". */
export const formatPercent = (part: number, whole: number): string =>
  whole > 0 ? `${((part / whole) * 100).toFixed(1)} %` : NONE;

/** As `formatPercent`, but small parts are never shown as zero: "<0.1 %". */
export const formatSmallPercent = (part: number, whole: number): string =>
  part > 0 && part / whole < 0.0005 ? '<0.1 %' : formatPercent(part, whole);

/** A relative error ‖x − x̂‖² / ‖x‖² with three digits: "0.236", "2.31e-5". JSON has null for NaN. */
export function formatError(error: number | null | undefined): string {
  if (error === undefined || error === null) return NONE;
  if (error === 0) return '0';
  return error < 1e-3 ? error.toExponential(2) : error.toPrecision(3);
}

/** "4096×1024"; a tensor without dimensions is a scalar. */
export const formatShape = (shape: readonly number[]): string =>
  shape.length === 0 ? l10n.t('scalar') : shape.join('×');

/** "2026-11-22 09:05" in local time; text that is not a date is returned unchanged. */
export function formatDate(iso: string): string {
  const date = new Date(iso);
  if (Number.isNaN(date.getTime())) return iso;
  const two = (part: number) => String(part).padStart(2, '0');
  const day = [date.getFullYear(), two(date.getMonth() + 1), two(date.getDate())].join('-');
  return `${day} ${two(date.getHours())}:${two(date.getMinutes())}`;
}

/** A number of any size with three digits: "0.0123", "4.1e-5", "1.23e+6". JSON has null for NaN and infinities. */
export function formatNumber(value: number | null | undefined): string {
  if (value === undefined || value === null || !Number.isFinite(value)) return NONE;
  const magnitude = Math.abs(value);
  if (magnitude !== 0 && (magnitude < 1e-3 || magnitude >= 1e5)) return value.toExponential(2);
  return String(Number(value.toPrecision(3)));
}

/** A part of a whole that may be small or unknown, from a fraction: "56.7 %". */
export const formatShare = (share: number | null): string =>
  share === null ? NONE : `${(share * 100).toFixed(1)} %`;
