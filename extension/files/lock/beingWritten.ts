import { basename } from 'node:path';
import { OutputTaken } from '../../shared/errors.ts';
import type { FoundLock } from './writer.ts';

/** Another process is writing the requested output. */
export class BeingWritten extends OutputTaken {
  constructor(output: string, { file, writer }: FoundLock) {
    const who = writer
      ? `process ${writer.pid} on ${writer.host}, since ${writer.since.slice(0, 16).replace('T', ' ')} UTC`
      : 'another process';
    super(
      `${output}: it is being written by ${who}; wait for it, or choose another output (its lock: ${basename(file)})`,
    );
    this.name = 'BeingWritten';
  }
}
