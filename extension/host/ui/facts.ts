import { MarkdownString } from 'vscode';

/** Lines "label: value", below a title where there is one. Names come from files, so everything is added as text. */
export function facts(
  title: string | undefined,
  rows: readonly (readonly [label: string, value: string | undefined])[],
): MarkdownString {
  const text = new MarkdownString();
  if (title !== undefined) text.appendMarkdown('**').appendText(title).appendMarkdown('**\n\n');
  for (const [label, value] of rows) {
    if (value !== undefined) text.appendText(`${label}: ${value}`).appendMarkdown('\n\n');
  }
  return text;
}
