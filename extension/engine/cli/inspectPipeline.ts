/** What `tvq inspect` shows of a pipeline: its components, each of which is a checkpoint. */
import { join } from 'node:path';
import type { CheckpointSummary } from '../../protocol/checkpoints.ts';
import { openCheckpoint } from '../../formats/checkpoint.ts';
import { describeCheckpoint } from '../../formats/discover.ts';
import type { Pipeline } from '../../formats/huggingface/pipeline.ts';
import { formatBytes, formatCount } from '../../shared/format.ts';
import { table } from './terminal.ts';

export interface PipelineSummary {
  readonly kind: 'pipeline';
  readonly path: string;
  /** Those that can be read, by the names of their folders. */
  readonly components: readonly CheckpointSummary[];
  readonly bytes: number;
  /** Of the components, and why others cannot be read. */
  readonly notes: readonly string[];
}

export async function summarizePipeline(
  path: string,
  { folder, components }: Pipeline,
): Promise<PipelineSummary> {
  const found = await Promise.all(
    components.map(name =>
      openCheckpoint(join(folder, name))
        .then(describeCheckpoint)
        .then(summary => ({ ...summary, name }))
        .catch((error: unknown) => (error as Error).message),
    ),
  );
  const readable = found.flatMap(one => (typeof one === 'string' ? [] : [one]));
  return {
    kind: 'pipeline',
    path,
    components: readable,
    bytes: readable.reduce((sum, { bytes }) => sum + bytes, 0),
    notes: found.flatMap(one => (typeof one === 'string' ? [one] : one.notes)),
  };
}

export const describePipeline = ({ path, components, bytes }: PipelineSummary): string =>
  [
    table([
      ['path', path],
      ['pipeline', `${formatBytes(bytes)} in ${components.length} components, each of them a checkpoint`],
    ]),
    '',
    table(
      [
        ['component', 'size', 'parameters', 'model', 'dtypes'],
        ...components.map(({ name, bytes, parameters, model, dtypes }) => [
          name,
          formatBytes(bytes),
          formatCount(parameters),
          model ?? 'unknown',
          dtypes.map(({ dtype }) => dtype).join(', '),
        ]),
      ],
      [1, 2],
    ),
  ].join('\n');
