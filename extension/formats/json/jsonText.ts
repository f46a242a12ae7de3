/** JSON as Python writes it: its tokens, and its values including NaN and Infinity. */
import { nestsDeeper } from './jsonDepth.ts';

/** A string's beginning, punctuation, or a number or literal. */
const TOKEN = /"|[{}[\],:]|[^\s{}[\],:"]+/g;

/** The tokens of a JSON text with their positions; for an invalid text, whatever looks like tokens. */
export function* jsonTokens(text: string): Generator<[token: string, start: number, end: number]> {
  const pattern = new RegExp(TOKEN);
  for (let match = pattern.exec(text); match; match = pattern.exec(text)) {
    // a pattern for whole strings would overflow the stack on long ones
    if (match[0] === '"') pattern.lastIndex = endOfString(text, pattern.lastIndex);
    yield [text.slice(match.index, pattern.lastIndex), match.index, pattern.lastIndex];
  }
}

/** End of the string whose content begins at `position`. */
function endOfString(text: string, position: number): number {
  while (position < text.length && text[position] !== '"') position += text[position] === '\\' ? 2 : 1;
  return position + 1;
}

/** Configs nest five deep; more can only exhaust the stack. */
export const MAX_DEPTH = 64;
/** What Python's json writes for numbers that JSON does not have. */
const NOT_JSON = /^(NaN|-?Infinity)$/;

/** Parses JSON as Python writes it; NaN and infinities become strings. @returns what is wrong with invalid JSON */
export function readPythonJson(text: string): { readonly value: unknown } | { readonly wrong: string } {
  if (nestsDeeper(Buffer.from(text), MAX_DEPTH)) return { wrong: `it nests deeper than ${MAX_DEPTH} levels` };
  try {
    return { value: JSON.parse(/NaN|Infinity/.test(text) ? withNamedNumbers(text) : text) as unknown };
  } catch (error) {
    return { wrong: `not valid JSON: ${(error as Error).message}` };
  }
}

/** The same, but undefined for invalid JSON. */
export function parsePythonJson(text: string): unknown {
  const read = readPythonJson(text);
  return 'value' in read ? read.value : undefined;
}

function withNamedNumbers(text: string): string {
  let [result, done] = ['', 0];
  for (const [token, start, end] of jsonTokens(text)) {
    if (!NOT_JSON.test(token)) continue;
    result += `${text.slice(done, start)}"${token}"`;
    done = end;
  }
  return result + text.slice(done);
}

/** A JSON object rather than a list or a plain value. */
export const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
