/** Text of unknown origin as Markdown that only displays it. */

import { printable, printableLines } from './printable.ts';

/** Punctuation with a meaning anywhere; at the beginning, where a list or a heading could be; in bare addresses. */
const MARKUP = /[\\`*_[\]<>|#~&!$@]|^[-+=](?=[-+=\s]|$)|(?<=^\d+)[.)](?=\s|$)|:(?=\/\/)|(?<=www)\./gi;

/** As running text; also works in a table. */
export const escapeText = (text: string): string => printable(text.trim()).replace(MARKUP, '\\$&');

/** As code; also works in a table, where a bar would end the cell. */
export function inlineCode(text: string): string {
  const content = printable(text).replaceAll('|', '\\|');
  const fence = '`'.repeat(longestRun(content, /`+/g) + 1);
  const space = /^[ `]|[ `]$/.test(content) ? ' ' : '';
  return content === '' ? '' : fence + space + content + space + fence;
}

/** As a block; printable text is unchanged. */
export function codeBlock(code: string, language: string): string {
  const text = printableLines(code);
  const fence = '`'.repeat(Math.max(3, longestRun(text, /`+/g) + 1));
  return `${fence}${language}\n${text.replace(/\n?$/, '\n')}${fence}`;
}

const longestRun = (text: string, pattern: RegExp): number =>
  Math.max(0, ...(text.match(pattern) ?? []).map(run => run.length));

/** Cells are Markdown already. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}
