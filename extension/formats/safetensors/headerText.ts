/**
 * What JSON.parse accepts in a header but other readers read differently or refuse: duplicate names, half a surrogate
 * pair, numbers out of a float's range, and dimensions and offsets not written as whole numbers.
 */
import { shortened } from '../../shared/shortened.ts';

const [QUOTE, BACKSLASH, OPEN, CLOSE, OPEN_LIST, CLOSE_LIST, COMMA] = Buffer.from('"\\{}[],');
/** Whether a number begins: only numbers start with "-" or a digit outside strings. */
const beginsNumber = (code: number): boolean => code === 0x2d || (code >= 0x30 && code <= 0x39);

/** An object or list around the current position. */
interface Level {
  /** Of an object: its names so far. */
  readonly names: Set<string> | undefined;
  /** The last of them. */
  name: string;
}

const LONE_SURROGATE = /[\ud800-\udfff]/u;
const NUMBER = /-?[\d.eE+-]+/y;
/** Lists in a tensor's entry whose numbers locate its data. */
const WHOLE: ReadonlySet<string> = new Set(['shape', 'data_offsets']);
/** Maximum characters shown of a number. */
const MAX_SHOWN = 30;

/** @param text valid JSON @returns what is wrong with it, with the tensor it is about */
export function headerTextFault(text: string): string | undefined {
  const levels: Level[] = [];
  let isName = false;
  const about = (what: string): string => {
    const [first] = levels;
    return levels.length < 2 || !first ? what : `${subject(first.name)}: ${what}`;
  };
  for (let at = 0; at < text.length; at++) {
    const level = levels.at(-1);
    const code = text.charCodeAt(at);
    if (code === OPEN || code === OPEN_LIST) {
      isName = code === OPEN;
      levels.push({ names: isName ? new Set() : undefined, name: '' });
    } else if (code === CLOSE || code === CLOSE_LIST) levels.pop();
    else if (code === COMMA) isName = level?.names !== undefined;
    else if (code === QUOTE) {
      const end = endOfString(text, at + 1);
      const raw = text.slice(at + 1, end);
      const isEscaped = raw.includes('\\');
      const content = isEscaped ? (JSON.parse(`"${raw}"`) as string) : raw;
      if (isEscaped && LONE_SURROGATE.test(content))
        return about(`the text ${quote(content)} has half a character (a lone surrogate)`);
      if (isName && level?.names) {
        if (level.names.has(content))
          return levels.length === 1
            ? `${subject(content)} appears twice in its header`
            : about(`${quote(content)} appears twice`);
        level.names.add(content);
        level.name = content;
        isName = false;
      }
      at = end;
    } else if (beginsNumber(code)) {
      NUMBER.lastIndex = at;
      const [number] = NUMBER.exec(text) as unknown as [string];
      const isPlace = levels.length === 3 && WHOLE.has(levels[1]?.name ?? '');
      if (isPlace && (/[.eE]/.test(number) || number === '-0'))
        return about(`the number ${shortened(number, MAX_SHOWN)} is not written as a whole number`);
      if (!Number.isFinite(Number(number)))
        return about(`the number ${shortened(number, MAX_SHOWN)} is out of range`);
      at += number.length - 1;
    }
  }
  return undefined;
}

/** Position of the closing quote of the string whose content begins at `position`. */
function endOfString(text: string, position: number): number {
  for (let code = text.charCodeAt(position); code !== QUOTE; code = text.charCodeAt(++position))
    if (code === BACKSLASH) position++;
  return position;
}

const subject = (name: string): string => (name === '__metadata__' ? name : `tensor ${quote(name)}`);

/** A name as messages show it. */
export const quote = (name: string): string => JSON.stringify(shortened(name));
