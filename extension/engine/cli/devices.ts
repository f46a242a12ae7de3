import type { Command } from 'commander';
import { devices } from '../engine.ts';
import { formatBytes } from '../../shared/format.ts';
import { command, runOptions, withEngine, type EngineOptions, type Run } from './options.ts';
import { printResult } from './terminal.ts';

export function addDevices(program: Command, run: Run): void {
  withEngine(command(program, 'devices', 'list compute backends, and why one is chosen')).action(
    (options: EngineOptions) =>
      run(async () => {
        const report = await devices(runOptions(options));
        printResult(options, report, () =>
          [
            ...report.backends.map(({ kind, device, usable, reason, limits }) => {
              const mark = kind === report.chosen ? '*' : ' ';
              const sizes = Object.entries(limits).map(
                ([name, value]) => `\n      ${name} ${formatLimit(name, value)}`,
              );
              return `${mark} ${kind}  ${device}${usable ? '' : ' (not usable)'}\n    ${reason}${sizes.join('')}`;
            }),
            `${report.reason}; ${report.threads} ${report.threads === 1 ? 'thread' : 'threads'}`,
          ].join('\n'),
        );
      }),
  );
}

const formatLimit = (name: string, value: number) =>
  /size|bytes|memory/i.test(name) ? formatBytes(value) : String(value);
