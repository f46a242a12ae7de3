/**
 * Collects what `l10n.t` says into extension/l10n/bundle.l10n.json, which every build writes anew. A translation is a
 * copy of it beside it, named after its language: bundle.l10n.de.json.
 */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

const FOLDER = fileURLToPath(new URL('l10n', import.meta.url));

/** @param {readonly string[]} files source files */
export async function writeMessages(files) {
  const found = await Promise.all(files.map(async file => messagesIn(file, await readFile(file, 'utf8'))));
  const messages = [...new Set(found.flat())].sort();
  await mkdir(FOLDER, { recursive: true });
  const bundle = Object.fromEntries(messages.map(message => [message, message]));
  await writeFile(join(FOLDER, 'bundle.l10n.json'), `${JSON.stringify(bundle, null, 2)}\n`);
}

/** Messages of one source file. @throws where one is not written out, because nobody could translate it */
export function messagesIn(file, source) {
  const parsed = ts.createSourceFile(file, source, ts.ScriptTarget.Latest, true);
  const messages = [];
  const visit = node => {
    if (ts.isCallExpression(node) && node.expression.getText() === 'l10n.t') {
      const [message] = node.arguments;
      if (!message || !ts.isStringLiteralLike(message)) {
        const { line } = parsed.getLineAndCharacterOfPosition(node.getStart());
        throw new Error(`${file}:${line + 1}: the message of l10n.t must be written out`);
      }
      messages.push(message.text);
    }
    ts.forEachChild(node, visit);
  };
  visit(parsed);
  return messages;
}
