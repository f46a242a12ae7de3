/** A vocabulary as GGUF has it: tokens by id, and what each is for (llama.h, llama_token_type). */

export const [NORMAL, UNKNOWN, CONTROL, USER_DEFINED, UNUSED, BYTE] = [1, 2, 3, 4, 5, 6] as const;

/** Of a token that is never made by merging. */
export const UNUSED_SCORE = -10_000;

export interface AddedToken {
  readonly content: string;
  readonly isSpecial: boolean;
}

export interface Vocabulary {
  /** `tokenizer.ggml.model`: "gpt2" for byte pairs, "llama" for SentencePiece. */
  readonly model: 'gpt2' | 'llama';
  /** How texts are split before. */
  readonly pre: string;
  /** By id. */
  readonly tokens: readonly string[];
  readonly types: readonly number[];
  readonly scores: readonly number[] | undefined;
  readonly merges: readonly string[] | undefined;
  /** Whether a space is put before a text. */
  readonly addsSpace: boolean | undefined;
}

/** Some models forget to say that a token is special (convert_hf_to_gguf.py, does_token_look_special). */
const LOOKS_SPECIAL = /^(<pad>|<mask>|<2mass>|\[@BOS@\]|<\|.*\|>|<\uff5c.*\uff5c>|<unused.*>)$/s;

/** Of a token that was added to a vocabulary. */
export const tokenTypeOf = ({ content, isSpecial }: AddedToken): number =>
  isSpecial || LOOKS_SPECIAL.test(content) ? CONTROL : USER_DEFINED;

/** Its text, with the spaces that a user's token stands for. */
export const addedText = (token: AddedToken): string =>
  tokenTypeOf(token) === USER_DEFINED ? token.content.replaceAll('\u2581', ' ') : token.content;

/** A token by its id that no vocabulary has. */
export const unusedToken = (id: number): string => `[PAD${id}]`;
