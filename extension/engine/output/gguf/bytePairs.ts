/** Byte pairs of tokenizer.json, as GPT-2 introduced them. */
import { isObject } from '../../../formats/json/jsonText.ts';
import { CannotSay, type Facts } from './facts.ts';
import { splitNamed } from './splits.ts';
import {
  addedText,
  NORMAL,
  tokenTypeOf,
  UNUSED,
  unusedToken,
  type AddedToken,
  type Vocabulary,
} from './vocabulary.ts';

/** The largest vocabularies have 300,000 tokens. */
const MAX_TOKENS = 1 << 21;

/** @throws CannotSay for a tokenizer that llama.cpp does not have */
export function bytePairs(fast: Facts, added: ReadonlyMap<number, AddedToken>): Vocabulary {
  const model = fast.part('model');
  const type = model?.text('type') ?? (model?.config.merges ? 'BPE' : 'unknown');
  const vocabulary = model?.config.vocab;
  const merges = model?.config.merges;
  if (!model || type !== 'BPE' || !isObject(vocabulary) || !Array.isArray(merges))
    throw new CannotSay(
      `tokenizer.json is of type ${type}, byte pairs (BPE) or a tokenizer.model were expected`,
    );
  if (model.flag('byte_fallback') === true)
    throw new CannotSay(
      'tokenizer.json is a converted SentencePiece model, which lacks its scores; put its tokenizer.model there',
    );
  const normalizer = fast.part('normalizer')?.text('type');
  if (normalizer !== undefined && normalizer !== 'NFC')
    throw new CannotSay(`tokenizer.json changes texts first (${normalizer}), which llama.cpp does not`);
  const byId = new Map<number, string>();
  for (const [token, id] of Object.entries(vocabulary)) if (typeof id === 'number') byId.set(id, token);
  const most = Math.max(-1, ...[byId, added].map(largestKey));
  if (most >= MAX_TOKENS)
    throw new CannotSay(`tokenizer.json has a token ${most}, less than ${MAX_TOKENS} were expected`);
  const ids = Array.from({ length: most + 1 }, (_, id) => id);
  return {
    model: 'gpt2',
    pre: splitNamed(fast.config.pre_tokenizer),
    tokens: ids.map(id => {
      const own = added.get(id);
      return own ? addedText(own) : (byId.get(id) ?? unusedToken(id));
    }),
    types: ids.map(id => {
      const own = added.get(id);
      return own ? tokenTypeOf(own) : byId.has(id) ? NORMAL : UNUSED;
    }),
    scores: undefined,
    merges: (merges as unknown[]).map(mergeText),
    addsSpace: undefined,
  };
}

const largestKey = (map: ReadonlyMap<number, unknown>): number => {
  let most = -1;
  for (const key of map.keys()) if (Number.isSafeInteger(key) && key > most) most = key;
  return most;
};

/** "a b"; a space within a part is written as the letter of byte 0x20 (gguf-py/gguf/vocab.py). */
function mergeText(merge: unknown): string {
  if (typeof merge === 'string') return merge;
  const parts = Array.isArray(merge) ? (merge as unknown[]) : [];
  if (parts.length !== 2 || !parts.every(part => typeof part === 'string'))
    throw new CannotSay('tokenizer.json has a merge that is not two texts');
  return parts.map(part => part.replaceAll(' ', '\u0120')).join(' ');
}
