/** A SentencePiece model (tokenizer.model): a message of protocol buffers, sentencepiece_model.proto. */
import { CannotSay, type Facts } from './facts.ts';
import { fieldsOf, type Field } from './protobuf.ts';
import {
  addedText,
  NORMAL,
  tokenTypeOf,
  UNUSED,
  UNUSED_SCORE,
  unusedToken,
  USER_DEFINED,
  type AddedToken,
  type Vocabulary,
} from './vocabulary.ts';

/** Numbers of the fields that are read. */
const MODEL = { piece: 1, trainer: 2, normalizer: 3 } as const;
const PIECE = { text: 1, score: 2, type: 3 } as const;
const TRAINER_TYPE = 3;
const ADDS_PREFIX = 3;
/** trainer_spec.model_type */
const BPE = 2;
const UNIGRAM = 1;
/** Of tokens that were added later: they are matched as a whole, never made by merging. */
const ADDED_SCORE = -1000;

/** @throws CannotSay where it is not a model of merges */
export function sentencePieces(
  content: Uint8Array,
  settings: Facts,
  byName: Facts | undefined,
  added: ReadonlyMap<number, AddedToken>,
): Vocabulary {
  const fields = fieldsOf(content);
  if (!fields) throw new CannotSay('tokenizer.model is not a SentencePiece model');
  const part = (number: number): readonly Field[] => {
    const found = fields.find(field => field.number === number);
    return (found && found.bytes && fieldsOf(found.bytes)) ?? [];
  };
  const type = part(MODEL.trainer).find(({ number }) => number === TRAINER_TYPE)?.value ?? UNIGRAM;
  if (type !== BPE)
    throw new CannotSay(
      `tokenizer.model has a model of type ${type}, one of merges (BPE, ${BPE}) was expected`,
    );
  const [tokens, scores, types]: [string[], number[], number[]] = [[], [], []];
  for (const { number, bytes } of fields) {
    if (number !== MODEL.piece || !bytes) continue;
    const own = fieldsOf(bytes) ?? [];
    const text = own.find(field => field.number === PIECE.text)?.bytes;
    const score = own.find(field => field.number === PIECE.score)?.bytes;
    tokens.push(Buffer.from(text ?? []).toString());
    scores.push(score?.length === 4 ? Buffer.from(score).readFloatLE() : 0);
    types.push(own.find(field => field.number === PIECE.type)?.value ?? NORMAL);
  }
  const put = (id: number, token: string, kind: number) => {
    for (let at = tokens.length; at < id; at++) {
      tokens.push(unusedToken(at));
      scores.push(UNUSED_SCORE);
      types.push(UNUSED);
    }
    [tokens[id], scores[id], types[id]] = [token, ADDED_SCORE, kind];
  };
  const named = Object.entries(byName?.config ?? {}).flatMap(([token, id]) =>
    typeof id === 'number' ? [[token, id] as const] : [],
  );
  for (const [token, id] of named.sort(([, a], [, b]) => a - b))
    if (id >= tokens.length) put(id, token, USER_DEFINED);
  for (const [id, token] of [...added].sort(([a], [b]) => a - b))
    put(id, addedText(token), tokenTypeOf(token));
  const addsPrefix = part(MODEL.normalizer).find(({ number }) => number === ADDS_PREFIX)?.value !== 0;
  const addsSpace = settings.flag('add_prefix_space') ?? addsPrefix;
  return { model: 'llama', pre: 'default', tokens, types, scores, merges: undefined, addsSpace };
}
