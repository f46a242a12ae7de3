/**
 * How a tokenizer splits texts before it pairs bytes, by what its tokenizer.json does: llama.cpp has the patterns
 * themselves, under names (llama-vocab.cpp, `tokenizer.ggml.pre`).
 */
import { isObject } from '../../../formats/json/jsonText.ts';
import { CannotSay } from './facts.ts';

/** The parts that patterns are made of. */
const CONTRACTIONS = String.raw`(?i:'s|'t|'re|'ve|'m|'ll|'d)`;
const WORDS = String.raw`[^\r\n\p{L}\p{N}]?\p{L}+`;
const SYMBOLS = String.raw` ?[^\s\p{L}\p{N}]+[\r\n]*`;
const SPACES = String.raw`\s*[\r\n]+|\s+(?!\S)|\s+`;
const withNumbers = (numbers: string): string => [CONTRACTIONS, WORDS, numbers, SYMBOLS, SPACES].join('|');

/** What GPT-2's splits at, which byte-level pre-tokenizers have built in. */
const GPT2 = String.raw`'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)`;
const DIGIT = 'each digit';

/** By the splits that are made, one after another. */
const NAMES: ReadonlyMap<string, string> = new Map(
  (
    [
      ['gpt-2', [GPT2]],
      ['llama-bpe', [withNumbers(String.raw`\p{N}{1,3}`)]],
      ['qwen2', [withNumbers(String.raw`\p{N}`)]],
      ['smollm', [DIGIT, GPT2]],
    ] as const
  ).map(([name, splits]) => [splits.join('\n'), name]),
);

/** @throws CannotSay for splits that llama.cpp has under no name known here */
export function splitNamed(preTokenizer: unknown): string {
  const splits = splitsOf(preTokenizer);
  const name = NAMES.get(splits.join('\n'));
  if (name !== undefined) return name;
  throw new CannotSay(
    `tokenizer.json splits texts at ${splits.map(split => JSON.stringify(split)).join(', then ') || 'nothing'}, for which no name is known (${[...NAMES.values()].join(', ')} are)`,
  );
}

function splitsOf(step: unknown): string[] {
  if (!isObject(step)) return [];
  switch (step.type) {
    case 'Sequence':
      return Array.isArray(step.pretokenizers) ? (step.pretokenizers as unknown[]).flatMap(splitsOf) : [];
    case 'ByteLevel':
      if (step.add_prefix_space === true) return ['a space put before'];
      return step.use_regex === false ? [] : [GPT2];
    case 'Digits':
      return [step.individual_digits === true ? DIGIT : 'runs of digits'];
    case 'Split': {
      const pattern = isObject(step.pattern) ? (step.pattern.Regex ?? step.pattern.String) : undefined;
      // Matches that are removed with everything else kept come to the same as matches that stay apart.
      const isApart =
        (step.behavior === 'Isolated' && step.invert !== true) ||
        (step.behavior === 'Removed' && step.invert === true);
      return [isApart && typeof pattern === 'string' ? withoutSpelling(pattern) : JSON.stringify(step)];
    }
    default:
      return [String(step.type)];
  }
}

/** The same pattern in one spelling: with `|\s+` at the end or not where that changes nothing. */
const withoutSpelling = (pattern: string): string =>
  pattern === `${GPT2}|\\s+` || pattern === GPT2 ? GPT2 : pattern;
