/** How long merges take on this machine, learnt from earlier ones. No `vscode` here. */
import type { MergeMethodInfo } from '../../protocol/recipes.ts';

/** One merge by a method. */
export interface MergeTime {
  /** Bytes read. */
  readonly bytes: number;
  readonly seconds: number;
}

/** By method: the latest merge, unless it was far smaller than the one before. */
export type MergeTimes = Readonly<Record<string, MergeTime>>;

/** A merge of a few kilobytes says nothing about one of gigabytes. */
const MUCH_SMALLER = 4;

export function withTime(times: MergeTimes, method: string, time: MergeTime): MergeTimes {
  const known = times[method];
  return known !== undefined && time.bytes * MUCH_SMALLER < known.bytes
    ? times
    : { ...times, [method]: time };
}

/** Seconds for this many bytes, from the method's own merge, or the slowest of its family; undefined without any. */
export function expectedSeconds(
  times: MergeTimes,
  methods: readonly MergeMethodInfo[],
  { name, family }: MergeMethodInfo,
  bytes: number,
): number | undefined {
  const own = times[name];
  const relatives = methods
    .filter(method => method.family === family)
    .flatMap(method => times[method.name] ?? []);
  const known = own === undefined ? relatives : [own];
  if (known.length === 0) return undefined;
  return bytes * Math.max(...known.map(time => time.seconds / Math.max(1, time.bytes)));
}
