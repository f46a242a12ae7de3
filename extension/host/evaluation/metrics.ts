/** The numbers that an evaluation prints. No `vscode` here, so that tests can run it. */
import { isObject } from '../../formats/json/jsonText.ts';
import type { StudioMetric } from '../../protocol/merge.ts';

export const MAX_METRICS = 50;
export const MAX_LINE = 64 * 1024;
const MAX_NAME = 200;
const SHOWN = 200;

const EXPECTED = 'The last line should be a JSON object of numbers, for example {"accuracy": 0.83}.';

/** Reads standard output line by line, and keeps the last line that is a JSON object of numbers. */
export class MetricsReader {
  #last: readonly StudioMetric[] | undefined;
  /** The last line that is not empty, and why it has no metrics. */
  #refused = 'nothing was printed';

  line(text: string): void {
    const line = text.trim();
    if (line === '') return;
    const read = readMetrics(line);
    if (typeof read === 'string') this.#refused = read;
    else this.#last = read;
  }

  /** @throws with what was found and what was expected */
  result(): readonly StudioMetric[] {
    if (this.#last !== undefined) return this.#last;
    throw new Error(`The evaluation gave no numbers: ${this.#refused}. ${EXPECTED}`);
  }
}

/** Metrics in the order of the object, or why there are none. */
export function readMetrics(line: string): readonly StudioMetric[] | string {
  if (line.length > MAX_LINE) return `a line has more than ${MAX_LINE / 1024} kB`;
  const value = parseJson(line);
  if (!isObject(value)) return `the last line is "${shorten(line)}"`;
  const metrics: StudioMetric[] = [];
  const pending: [name: string, value: unknown][] = Object.entries(value).reverse();
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    const [name, inner] = next;
    if (typeof inner === 'number' && Number.isFinite(inner)) {
      metrics.push({ name: name.slice(0, MAX_NAME), value: inner });
    } else if (isObject(inner)) {
      for (const [key, deeper] of Object.entries(inner).reverse()) pending.push([`${name}.${key}`, deeper]);
    } else return `"${shorten(name)}" is not a number but ${shorten(JSON.stringify(inner))}`;
    if (metrics.length > MAX_METRICS) return `there are more than ${MAX_METRICS} numbers`;
  }
  return metrics.length > 0 ? metrics : 'the object is empty';
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

const shorten = (text: string): string => (text.length > SHOWN ? `${text.slice(0, SHOWN)}…` : text);
