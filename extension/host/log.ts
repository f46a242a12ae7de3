import { window } from 'vscode';
import { printable, printableLines } from '../shared/printable.ts';
import { Disposable } from './disposable.ts';

/** The output channel. A message takes one line, whatever names are in it; a stack trace keeps its lines. */
export class Log extends Disposable {
  private readonly channel = this._register(window.createOutputChannel('TVQ Studio', { log: true }));

  info(message: string): void {
    this.channel.info(printable(message));
  }

  warn(message: string): void {
    this.channel.warn(printable(message));
  }

  error(problem: unknown): void {
    const text = problem instanceof Error ? (problem.stack ?? problem.message) : printable(String(problem));
    this.channel.error(printableLines(text));
  }

  show(): void {
    this.channel.show();
  }
}
