/** Which tokens a model knows, from the files of its tokenizer. */
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import type { Checkpoint } from '../../../formats/checkpoint.ts';
import { readRegular } from '../../../formats/regularFile.ts';
import { isMapping } from './fields.ts';

export interface Vocabulary {
  /** Rows of its embedding; undefined if unknown. */
  readonly size: number | undefined;
  /** By file, its content: the number of each token, or a digest. */
  readonly files: ReadonlyMap<string, ReadonlyMap<string, number> | string>;
}

/** The largest tokenizer.json files have 35 MB. */
const MAX_BYTES = 64 << 20;

/** In the order in which they are compared: the first file that both models have decides. */
const READERS: readonly (readonly [string, (content: Buffer) => ReadonlyMap<string, number> | string])[] = [
  ['tokenizer.json', content => tokensOf(JSON.parse(content.toString()) as unknown)],
  ['tokenizer.model', digest],
  ['vocab.json', content => mapOf(JSON.parse(content.toString()) as unknown)],
  ['vocab.txt', digest],
  ['spiece.model', digest],
];

/** undefined: the weights stand alone. */
export async function readVocabulary({ folder, tensors }: Checkpoint): Promise<Vocabulary | undefined> {
  if (folder === undefined) return undefined;
  const files = new Map<string, ReadonlyMap<string, number> | string>();
  for (const [name, read] of READERS) {
    const file = join(folder, name);
    try {
      files.set(name, read(await readRegular(file, MAX_BYTES)));
    } catch {
      // missing, or not what its name says: it cannot be compared
    }
  }
  const embedding = [...tensors.values()].find(({ name }) => EMBEDDING.test(name));
  return { size: embedding?.shape[0], files };
}

/** Its name in the common architectures. */
const EMBEDDING = /(^|\.)(embed_tokens|wte|word_embeddings|tok_embeddings|embed_in|shared)\.weight$/;

/** What is different; undefined when the vocabularies are equal, or nothing can be compared. */
export function differ(a: Vocabulary, b: Vocabulary): string | undefined {
  if (a.size !== undefined && b.size !== undefined && a.size !== b.size)
    return `${b.size} rows, not ${a.size}`;
  for (const [name] of READERS) {
    const [one, two] = [a.files.get(name), b.files.get(name)];
    if (one === undefined || two === undefined) continue;
    if (typeof one === 'string' || typeof two === 'string')
      return one === two ? undefined : `its ${name} differs`;
    const limit = a.size ?? Infinity;
    return differentToken(one, two, limit) ?? differentToken(two, one, limit);
  }
  return undefined;
}

/**
 * A token that only one of two models knows, or that has another number, among those that both embeddings have rows for;
 * undefined where there is none, or no list of tokens that both models have.
 */
export function movedToken(a: Vocabulary, b: Vocabulary): string | undefined {
  const limit = Math.min(a.size ?? Infinity, b.size ?? Infinity);
  for (const [name] of READERS) {
    const [one, two] = [a.files.get(name), b.files.get(name)];
    if (one === undefined || two === undefined || typeof one === 'string' || typeof two === 'string')
      continue;
    const moved = differentToken(one, two, limit) ?? differentToken(two, one, limit);
    return moved && `${moved} has another number in its ${name}, or is not in both`;
  }
  return undefined;
}

/** Tokens beyond the embedding's rows do not count, as in mergekit. */
function differentToken(
  these: ReadonlyMap<string, number>,
  those: ReadonlyMap<string, number>,
  limit: number,
): string | undefined {
  for (const [token, number] of these) {
    if (number < limit && those.get(token) !== number) return `token ${JSON.stringify(token)}`;
  }
  return undefined;
}

/** The vocabulary of a tokenizer.json with the tokens that were added, by number. */
function tokensOf(tokenizer: unknown): ReadonlyMap<string, number> {
  const { model, added_tokens: added = [] } = tokenizer as { model?: unknown; added_tokens?: unknown };
  const vocabulary = isMapping(model) ? model.vocab : undefined;
  const tokens = new Map<string, number>();
  if (Array.isArray(vocabulary)) {
    // Unigram: [token, score] by number.
    for (const [number, entry] of vocabulary.entries()) tokens.set(String((entry as unknown[])[0]), number);
  } else if (isMapping(vocabulary)) {
    return new Map([...mapOf(vocabulary), ...addedTokens(added)]);
  } else throw new TypeError('no vocabulary');
  return new Map([...tokens, ...addedTokens(added)]);
}

const addedTokens = (added: unknown): [string, number][] =>
  (added as { id: number; content: string }[]).map(({ id, content }) => [content, id]);

const mapOf = (vocabulary: unknown): ReadonlyMap<string, number> =>
  new Map(Object.entries(vocabulary as Record<string, number>));

function digest(content: Buffer): string {
  return createHash('sha256').update(content).digest('hex');
}
