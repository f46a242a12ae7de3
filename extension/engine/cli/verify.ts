import type { Command } from 'commander';
import { verify } from '../engine.ts';
import { formatBytes } from '../../shared/format.ts';
import { command, type Run } from './options.ts';
import { lines, printResult, progressLine, type CommonOptions } from './terminal.ts';

export function addVerify(program: Command, run: Run): void {
  command(
    program,
    'verify <file.tvq>',
    'check every byte of a .tvq file; exit status 1 if it is damaged',
  ).action((file: string, options: CommonOptions) =>
    run(async signal => {
      const line = progressLine(options);
      const result = await verify(file, { signal, onProgress: line.update }).finally(line.clear);
      printResult(options, result, () =>
        lines(
          result.damaged.length === 0
            ? [`${file}: whole; ${result.checked} tensors, ${formatBytes(result.bytes)}`]
            : [`${file}: damaged`, ...result.damaged],
        ),
      );
      return result.damaged.length === 0 ? 0 : 1;
    }),
  );
}
