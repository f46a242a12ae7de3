import { Document, isScalar, visit, type DocumentOptions, type ToStringOptions } from 'yaml';
import { escapeUnprintable, printable } from '../../../shared/printable.ts';

/**
 * A value as YAML whose text is printable. Only double quotes can hold escapes, and `yaml` does not escape direction
 * marks and C1: with such a name, people would see another line than the parser.
 */
export function printableYaml(value: unknown, options: DocumentOptions & ToStringOptions = {}): string {
  const document = new Document(value, options);
  visit(document, {
    Scalar(_key, node) {
      if (isScalar(node) && typeof node.value === 'string' && printable(node.value) !== node.value)
        node.type = 'QUOTE_DOUBLE';
    },
  });
  return document
    .toString(options)
    .split('\n')
    .map(line => escapeUnprintable(line, escaped))
    .join('\n');
}

function escaped(character: string): string {
  const code = character.codePointAt(0) as number;
  return code > 0xffff ? `\\U${code.toString(16).padStart(8, '0')}` : printable(character);
}
