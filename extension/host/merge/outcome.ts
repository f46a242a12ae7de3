/** The numbers of a merge, formatted. No `vscode` here, so that tests can run it. */
import { dirname, join } from 'node:path';
import { formatBytes, formatPercent } from '../../shared/format.ts';
import { isFileOutput } from '../../shared/outputForms.ts';
import type { MergeResult } from '../../protocol/results.ts';

export interface Outcome {
  /** "51.6 kB". */
  readonly size: string;
  /** "0.84". */
  readonly norm: string | undefined;
  /** "12.3 %"; undefined for a single input, which cannot conflict. */
  readonly conflicts: string | undefined;
  /** "0.61–0.72", or one number if all are equal. */
  readonly cosine: string | undefined;
}

/** A number that is not finite arrives from the engine as null, and is not shown. */
const isNumber = (value: unknown): value is number => typeof value === 'number' && Number.isFinite(value);

export function outcomeOf({ bytes, report }: Pick<MergeResult, 'bytes' | 'report'>): Outcome {
  const { norm, inputs, signConflicts } = report;
  return {
    size: formatBytes(bytes),
    norm: isNumber(norm) ? formatNorm(norm) : undefined,
    conflicts: inputs.length > 1 && isNumber(signConflicts) ? formatPercent(signConflicts) : undefined,
    cosine: formatRange(inputs.map(({ cosine }) => cosine).filter(isNumber)),
  };
}

/** Two decimals if they are enough, else three significant digits. */
function formatNorm(norm: number): string {
  if (norm === 0) return '0';
  return norm >= 0.1 && norm < 1000 ? norm.toFixed(2) : String(Number(norm.toPrecision(3)));
}

function formatRange(values: readonly number[]): string | undefined {
  if (values.length === 0) return undefined;
  const [least, most] = [Math.min(...values), Math.max(...values)].map(value => value.toFixed(2));
  return least === most ? least : `${least}–${most}`;
}

const REPORT = 'merge-report.json';

/** The report with the numbers of every tensor and layer, beside the weights of a folder; undefined if none were written. */
export function reportPath({ output, files }: Pick<MergeResult, 'output' | 'files'>): string | undefined {
  const [weights] = files;
  return weights === undefined || isFileOutput(output) ? undefined : join(output, dirname(weights), REPORT);
}
