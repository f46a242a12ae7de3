import {
  Alias,
  isMap,
  isScalar,
  isSeq,
  Lexer,
  LineCounter,
  parseDocument,
  Parser,
  type Document,
} from 'yaml';
import { UserError } from '../../errors.ts';

/** A place in a document: keys and list positions from the top. */
export type Path = readonly (string | number)[];

/** Recipes have a few kB; some faults of larger texts (30,000 keys in one map) take the parser many seconds. */
export const MAX_RECIPE_BYTES = 128 * 1024;
/** Recipes nest eight tokens deep. Far deeper texts overflow the parser's stack, which ends the process. */
const MAX_DEPTH = 64;
/** Uses of one anchor, with those inside of it: a few lines of aliases can stand for billions of values. */
const MAX_ALIASES = 100;

/** A YAML text as plain data that knows on which line each value stands. */
export class RecipeDocument {
  readonly value: unknown;
  readonly #document: Document;
  readonly #lines = new LineCounter();

  /** @throws UserError naming the line when the text is no single, plain YAML document */
  constructor(text: string) {
    if (Buffer.byteLength(text) > MAX_RECIPE_BYTES)
      throw new UserError(
        `it is larger than ${MAX_RECIPE_BYTES} bytes; a recipe has a few thousand`,
        'usage',
      );
    checkDepth(text);
    // mergekit's reader follows YAML 1.1, where `yes` and `on` are switches and `<<` merges maps.
    this.#document = parseDocument(text, {
      version: '1.1',
      lineCounter: this.#lines,
      prettyErrors: false,
      stringKeys: true,
      logLevel: 'error',
    });
    const [fault] = [...this.#document.errors, ...this.#document.warnings];
    if (fault) {
      const several = fault.code === 'MULTIPLE_DOCS';
      const message = several
        ? 'a second document begins here; keep each recipe in a file of its own'
        : fault.message;
      throw new UserError(`line ${this.#lines.linePos(fault.pos[0]).line}: ${message}`, 'usage');
    }
    this.value = this.#plain();
  }

  /** An error about the value at a place, or about its nearest surroundings when there is none. */
  error(path: Path, message: string): UserError {
    return new UserError(`line ${this.line(path)}: ${message}`, 'usage');
  }

  line(path: Path): number {
    let node: unknown = this.#document.contents;
    let offset = 0;
    for (const part of path) {
      if (node instanceof Alias) node = node.resolve(this.#document);
      if (isMap(node)) {
        const pair = node.items.find(({ key }) => isScalar(key) && key.value === part);
        if (!isScalar(pair?.key)) break;
        offset = pair.key.range?.[0] ?? offset;
        node = pair.value;
      } else if (isSeq(node)) {
        node = node.items[part as number];
        offset = (node as { range?: readonly number[] } | undefined)?.range?.[0] ?? offset;
      } else break;
    }
    return this.#lines.linePos(offset).line;
  }

  #plain(): unknown {
    try {
      return this.#document.toJS({ maxAliasCount: MAX_ALIASES });
    } catch (error) {
      // Unknown anchors, and aliases without end.
      throw new UserError((error as Error).message, 'usage', { cause: error });
    }
  }
}

/** @throws UserError for a text that nests far deeper than recipes do */
function checkDepth(text: string): void {
  const lines = new LineCounter();
  lines.addNewLine(0);
  const parser = new Parser(lines.addNewLine);
  for (const lexeme of new Lexer().lex(text)) {
    for (const _ of parser.next(lexeme));
    if (parser.stack.length > MAX_DEPTH) {
      const { line } = lines.linePos(parser.offset);
      throw new UserError(`line ${line}: this nests deeper than a recipe does`, 'usage');
    }
  }
}
