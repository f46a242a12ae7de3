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
import { UserError } from '../../../shared/errors.ts';

/** A place in a document: keys and list positions from the top. */
export type Path = readonly (string | number)[];

/** Recipes have a few kB; some faults of larger texts (30,000 keys in one map) take the parser many seconds. */
export const MAX_RECIPE_BYTES = 128 * 1024;
/** Recipes nest ten tokens deep. Far deeper texts overflow the parser's stack, which ends the process. */
const MAX_DEPTH = 64;
/** Maximum syntax errors; the parser's time grows with their square. */
const MAX_BROKEN = 200;
/** Uses of one anchor, including nested ones: a few lines of aliases can stand for billions of values. */
const MAX_ALIASES = 100;
/** One mistake can cause a fault in every line that follows. */
const MAX_FAULTS = 10;

/** Something wrong at a place of a recipe. */
class RecipeFault extends UserError {
  constructor(
    readonly line: number,
    message: string,
  ) {
    super(`line ${line}: ${message}`, 'usage');
  }
}

/** A YAML text as plain data that knows the line of each value, and collects what is wrong with it. */
export class RecipeDocument {
  readonly value: unknown;
  readonly #document: Document;
  readonly #lines = new LineCounter();
  readonly #faults: UserError[] = [];

  /**
   * @param note called with one line for each thing that has no effect
   * @throws UserError naming the lines when the text is not a single, plain YAML document
   */
  constructor(
    private readonly text: string,
    private readonly told: (line: string) => void = () => undefined,
  ) {
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
    for (const { code, message, pos } of [...this.#document.errors, ...this.#document.warnings]) {
      const { line } = this.#lines.linePos(pos[0]);
      const several = 'a second document begins here; keep each recipe in its own file';
      this.#report(new RecipeFault(line, code === 'MULTIPLE_DOCS' ? several : message));
    }
    this.refuse();
    this.value = this.#plain();
  }

  /** An error about the value at a place, or, if there is none, about the nearest part around it. */
  error(path: Path, message: string): UserError {
    return new RecipeFault(this.line(path), message);
  }

  /** Keeps an error about the value at a place for `refuse`. */
  fault(path: Path, message: string): void {
    this.#faults.push(this.error(path, message));
  }

  /** Notes something that has no effect. */
  note(path: Path, message: string): void {
    this.told(`line ${this.line(path)}: ${message}`);
  }

  /** Does a part of the reading; its faults are kept for `refuse`, so that all are reported at once. */
  attempt<T>(read: () => T): T | undefined {
    try {
      return read();
    } catch (error) {
      this.#report(error);
      return undefined;
    }
  }

  #report(error: unknown): void {
    if (!(error instanceof UserError)) throw error;
    this.#faults.push(error);
  }

  /** @throws UserError with a line for each fault that was found so far */
  refuse(): void {
    if (this.#faults.length === 0) return;
    const lineOf = (fault: UserError) => (fault instanceof RecipeFault ? fault.line : 0);
    const sorted = this.#faults.toSorted((a, b) => lineOf(a) - lineOf(b));
    const messages = [...new Set(sorted.flatMap(({ message }) => message.split('\n')))];
    const more = messages.length - MAX_FAULTS;
    if (more > 0) messages.splice(MAX_FAULTS, more, `… and ${more} more`);
    throw new UserError(messages, 'usage');
  }

  line(path: Path): number {
    let offset = 0;
    for (const step of this.#walk(path)) offset = step.offset ?? offset;
    return this.#lines.linePos(offset).line;
  }

  /**
   * The text with other values at some places: comments, order, anchors and everything else are kept.
   * @param settings keys of the top level that are set, or added at the end
   * @returns undefined if one of the places is not in the text (it came from a merge key)
   */
  with(
    values: readonly (readonly [Path, string])[],
    settings: Readonly<Record<string, unknown>>,
  ): string | undefined {
    let changed = false;
    for (const [path, value] of values) {
      const node = [...this.#walk(path)].at(-1)?.node;
      if (!isScalar(node) || [...this.#walk(path)].length !== path.length) return undefined;
      if (node.value === value) continue;
      node.value = value;
      changed = true;
    }
    for (const [key, value] of Object.entries(settings)) {
      this.#document.set(key, value);
      changed = true;
    }
    return changed ? this.#document.toString({ lineWidth: 0 }) : this.text;
  }

  /** From the top to the value at a place, as far as it exists. */
  *#walk(path: Path): Generator<{ readonly node: unknown; readonly offset: number | undefined }> {
    let node: unknown = this.#document.contents;
    for (const part of path) {
      let offset: number | undefined;
      if (isMap(node)) {
        const pair = node.items.find(({ key }) => isScalar(key) && key.value === part);
        if (!isScalar(pair?.key)) return;
        offset = pair.key.range?.[0];
        node = pair.value;
      } else if (isSeq(node)) {
        node = node.items[part as number];
        offset = (node as { range?: readonly number[] } | undefined)?.range?.[0];
      } else return;
      if (node instanceof Alias) node = node.resolve(this.#document);
      yield { node, offset };
    }
  }

  #plain(): unknown {
    try {
      return this.#document.toJS({ maxAliasCount: MAX_ALIASES });
    } catch (error) {
      // Unknown anchors, and endless aliases.
      throw new UserError((error as Error).message, 'usage', { cause: error });
    }
  }
}

/** @throws UserError for a text that nests far deeper than recipes do, or has far too many syntax errors */
function checkDepth(text: string): void {
  let broken = 0;
  const lines = new LineCounter();
  lines.addNewLine(0);
  const parser = new Parser(lines.addNewLine);
  for (const lexeme of new Lexer().lex(text)) {
    for (const { type } of parser.next(lexeme)) if (type === 'error') broken++;
    if (broken > MAX_BROKEN) {
      const { line } = lines.linePos(parser.offset);
      throw new UserError(`line ${line}: this is not YAML; is this the right file?`, 'usage');
    }
    if (parser.stack.length > MAX_DEPTH) {
      const { line } = lines.linePos(parser.offset);
      throw new UserError(`line ${line}: this is nested too deeply for a recipe`, 'usage');
    }
  }
}
