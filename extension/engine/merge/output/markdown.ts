/** Text of unknown origin as Markdown that shows it and does nothing else. */

/** One line without control characters and those that turn the direction of writing. */
const plain = (text: string): string =>
  text.replace(/[\p{Cc}\u2028\u2029]+/gu, ' ').replace(/[\u200e\u200f\u202a-\u202e\u2066-\u2069]/g, '');

/** As running text, also in a table. */
export const escapeText = (text: string): string => plain(text).replace(/[\\`*_[\]<>|#~&!$]/g, '\\$&');

/** As code, also in a table, where a bar would end the cell. */
export function inlineCode(text: string): string {
  const content = plain(text).replaceAll('|', '\\|');
  const fence = '`'.repeat(longestRun(content, /`+/g) + 1);
  const space = /^[ `]|[ `]$/.test(content) ? ' ' : '';
  return content === '' ? '' : fence + space + content + space + fence;
}

/** As a block, word for word. */
export function codeBlock(text: string, language: string): string {
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
