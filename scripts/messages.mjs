/**
 * Collects the messages of `l10n.t` and those marked `translatable` into extension/l10n/bundle.l10n.json, which every
 * build rewrites. A translation is a copy beside it, named after its language: bundle.l10n.de.json.
 */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

const FOLDER = fileURLToPath(new URL('../extension/l10n', import.meta.url));

/** @param {readonly string[]} files source files */
export async function writeMessages(files) {
  const found = await Promise.all(files.map(async file => messagesIn(file, await readFile(file, 'utf8'))));
  const messages = [...new Set(found.flat())].sort();
  await mkdir(FOLDER, { recursive: true });
  const bundle = Object.fromEntries(messages.map(message => [message, message]));
  await writeFile(join(FOLDER, 'bundle.l10n.json'), `${JSON.stringify(bundle, null, 2)}\n`);
}

/**
 * Messages of one source file.
 * @throws where one is not a literal, because nobody could translate it, or has a placeholder without a value
 */
export function messagesIn(file, source) {
  const parsed = ts.createSourceFile(file, source, ts.ScriptTarget.Latest, true);
  const messages = [];
  const visit = node => {
    if (ts.isCallExpression(node) && ['l10n.t', 'translatable'].includes(node.expression.getText())) {
      const fault = faultOf(node);
      const { line } = parsed.getLineAndCharacterOfPosition(node.getStart());
      if (fault) throw new Error(`${file}:${line + 1}: ${fault}`);
      messages.push(node.arguments[0].text);
    }
    ts.forEachChild(node, visit);
  };
  visit(parsed);
  return messages;
}

function faultOf({ expression, arguments: [message, ...values] }) {
  if (!message || !ts.isStringLiteralLike(message))
    return `the message of ${expression.getText()} must be written out`;
  const numbers = [...message.text.matchAll(/\{(\d+)\}/g)].map(([, number]) => Number(number));
  if (values.some(ts.isSpreadElement)) return undefined;
  const missing = numbers.find(number => number >= values.length);
  return missing === undefined ? undefined : `nothing is given for {${missing}}`;
}
