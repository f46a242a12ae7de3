import type { Command } from 'commander';
import type { CheckpointSummary } from '../../protocol/checkpoints.ts';
import type { TvqSummary } from '../../protocol/tvq.ts';
import { openNamed } from '../match/openNamed.ts';
import { describeCheckpoint } from '../../formats/discover.ts';
import { formatBits, formatBytes, formatCount, formatPercent } from '../../shared/format.ts';
import { pipelineAt } from '../../formats/huggingface/pipeline.ts';
import { isTvq } from '../../formats/tvq/names.ts';
import { openTvq } from '../../formats/tvq/reader.ts';
import { summarizeTvq } from '../../formats/tvq/summary.ts';
import { command, type Run } from './options.ts';
import { describePipeline, summarizePipeline, type PipelineSummary } from './inspectPipeline.ts';
import { printResult, table, warn, type CommonOptions } from './terminal.ts';

export function addInspect(program: Command, run: Run): void {
  command(
    program,
    'inspect <path...>',
    'show what .tvq files and checkpoints hold, from their headers',
  ).action((paths: string[], options: CommonOptions) =>
    run(async () => {
      const summaries = await Promise.all(paths.map(inspect));
      warn(
        options,
        summaries.flatMap(summary => (summary.kind === 'tvq' ? [] : summary.notes)),
      );
      printResult(options, summaries.length === 1 ? summaries[0] : summaries, () =>
        summaries.map(text).join('\n\n'),
      );
    }),
  );
}

type Summary = TvqSummary | CheckpointSummary | PipelineSummary;

async function inspect(path: string): Promise<Summary> {
  if (isTvq(path)) return summarizeTvq(await openTvq(path));
  const pipeline = await pipelineAt(path);
  return pipeline ? summarizePipeline(path, pipeline) : describeCheckpoint(await openNamed(path));
}

function text(summary: Summary): string {
  switch (summary.kind) {
    case 'tvq':
      return describeTvq(summary);
    case 'checkpoint':
      return describe(summary);
    case 'pipeline':
      return describePipeline(summary);
  }
}

const SCHEMES = { fq: 'FQ', tvq: 'TVQ', rtvq: 'RTVQ' };

function describeTvq(summary: TvqSummary): string {
  const { scheme, bits, baseBits } = summary;
  const one = bits === undefined ? 'bits by tensor, to a budget' : `${bits} bits`;
  const widths = baseBits === undefined ? one : `${baseBits}-bit shared base, ${bits}-bit offsets`;
  const rows = summary.tasks.map(task => [
    task.name,
    formatBytes(task.bytes),
    task.relativeError === undefined ? '' : `${(100 * task.relativeError).toPrecision(3)} %`,
    task.checkpoint,
  ]);
  return [
    table([
      ['file', summary.file],
      ['scheme', `${SCHEMES[scheme]}, ${widths}`],
      ['base', `${summary.base.name} (${summary.base.fingerprint.slice(0, 12)})`],
      ['size', `${formatBytes(summary.bytes)}, ${formatPercent(summary.bytes / summary.fp32Bytes)} of FP32`],
      ['bits', formatBits(summary.bitsPerWeight)],
      [
        'tensors',
        `${summary.tensors.quantized} quantized, ${summary.tensors.kept} exact, ${summary.tensors.unchanged} unchanged`,
      ],
      ['written', `${summary.created} by ${summary.tool}`],
    ]),
    '',
    table([['task', 'bytes', 'error', 'checkpoint'], ...rows], [1, 2]),
    ...summary.unreadable.map(({ name, why }) => `task "${name}" cannot be read: ${why}; update this tool`),
    ...describeFiles(summary),
  ].join('\n');
}

/** The files that go with the tasks' weights; older .tvq files have none. */
function describeFiles({ files }: TvqSummary): string[] {
  if (files.length === 0) return [];
  const places = { base: "the base model's", none: 'too large, left out' };
  const rows = files.map(({ name, tasks, bytes, from, storedBytes }) => [
    name,
    formatBytes(bytes),
    from === 'file' ? formatBytes(storedBytes) : places[from],
    tasks.join(', '),
  ]);
  return ['', table([['file', 'bytes', 'stored', 'tasks'], ...rows], [1])];
}

const describe = (summary: CheckpointSummary): string =>
  table([
    ['path', summary.path],
    ['model', summary.adapter ?? summary.model ?? 'unknown'],
    ['format', summary.format],
    [
      'size',
      `${formatBytes(summary.bytes)} in ${summary.files.length} ${summary.files.length === 1 ? 'file' : 'files'}`,
    ],
    ['parameters', `${formatCount(summary.parameters)} in ${summary.tensors} tensors`],
    [
      'dtypes',
      summary.dtypes.map(({ dtype, parameters }) => `${dtype} ${formatCount(parameters)}`).join(', '),
    ],
    ['architecture', summary.architecture],
  ]);
