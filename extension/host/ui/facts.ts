import { MarkdownString } from 'vscode';
import { escapeText } from '../../shared/markdown.ts';
import { isolated } from '../../shared/printable.ts';

/** Paragraphs of text, after a bold title if given; nothing in them is markup. */
export function paragraphs(texts: readonly string[], title?: string): MarkdownString {
  const shown = texts.map(text => isolated(escapeText(text)));
  return new MarkdownString(
    [...(title === undefined ? [] : [`**${isolated(escapeText(title))}**`]), ...shown].join('\n\n'),
  );
}

/** Lines "label: value", below a title if there is one. */
export const facts = (
  title: string | undefined,
  rows: readonly (readonly [label: string, value: string | undefined])[],
): MarkdownString =>
  paragraphs(
    rows.flatMap(([label, value]) => (value === undefined ? [] : [`${label}: ${value}`])),
    title,
  );
