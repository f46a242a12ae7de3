/** Numbers as people read and write them; decimal units: 1 MB = 10^6 bytes. */

/** Three significant digits and the largest fitting unit; plain below the first step. */
function scaled(value: number, units: readonly string[]): string {
  let power = 0;
  while (value >= 999.5 && power < units.length - 1) {
    value /= 1000;
    power++;
  }
  return `${power === 0 ? Math.round(value) : value.toPrecision(3)} ${units[power]}`.trimEnd();
}

/** "1.23 GB". */
export const formatBytes = (bytes: number): string => scaled(bytes, ['B', 'kB', 'MB', 'GB', 'TB']);
/** "304 M". */
export const formatCount = (count: number): string => scaled(count, ['', 'k', 'M', 'G']);
/** "2.40 bpw". */
export const formatBits = (bits: number): string => `${bits.toFixed(2)} bpw`;
/** "8.0 %" for a share of 0.08. */
export const formatPercent = (share: number): string => `${(share * 100).toFixed(1)} %`;
/** "1.2 s", "3 min 20 s". */
export const formatSeconds = (seconds: number): string =>
  seconds < 60 ? `${seconds.toFixed(1)} s` : `${Math.floor(seconds / 60)} min ${Math.round(seconds % 60)} s`;
