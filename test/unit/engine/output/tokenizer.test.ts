/** Tokenizers as metadata of GGUF: SentencePiece models, made here field by field, and how texts are split. */
import { expect, test } from 'vitest';
import { Facts } from '../../../../extension/engine/output/gguf/facts.ts';
import { fieldsOf } from '../../../../extension/engine/output/gguf/protobuf.ts';
import { splitNamed } from '../../../../extension/engine/output/gguf/splits.ts';
import { tokenizerPairs } from '../../../../extension/engine/output/gguf/tokenizer.ts';
import type { ModelFiles } from '../../../../extension/engine/output/modelFiles.ts';

const filesOf = (files: Readonly<Record<string, string | Uint8Array>>): ModelFiles => ({
  path: 'model',
  read: name => Promise.resolve(files[name] === undefined ? undefined : Buffer.from(files[name])),
});
const pairsOf = async (files: Readonly<Record<string, string | Uint8Array>>, rows: number, config = {}) =>
  Object.fromEntries(
    [...(await tokenizerPairs(filesOf(files), new Facts(config), rows))].map(([key, { value }]) => [
      key.replace('tokenizer.ggml.', ''),
      value,
    ]),
  );

/** A field of protocol buffers: a message or text, or a whole number below 128. */
const field = (number: number, content: Uint8Array | number): Buffer =>
  typeof content === 'number'
    ? Buffer.from([number << 3, content])
    : Buffer.concat([Buffer.from([(number << 3) | 2, content.length]), content]);

function piece(text: string, score: number, type?: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeFloatLE(score);
  const parts = [field(1, Buffer.from(text)), Buffer.from([(2 << 3) | 5]), bytes];
  return field(1, Buffer.concat(type === undefined ? parts : [...parts, field(3, type)]));
}

const PIECES = [
  piece('<unk>', 0, 2),
  piece('<s>', 0, 3),
  piece('</s>', 0, 3),
  piece('<0x41>', 0, 6),
  piece('\u2581a', -1),
  piece('b', -2),
];
const BPE = field(2, field(3, 2));
const model = (...more: Buffer[]) => Buffer.concat([...PIECES, ...more]);

test('pieces, scores and types of a SentencePiece model, and tokens added to it', async () => {
  const settings = {
    bos_token: '<s>',
    eos_token: { content: '</s>' },
    unk_token: '<unk>',
    add_bos_token: true,
    add_eos_token: false,
    added_tokens_decoder: {
      '1': { content: '<s>', special: true },
      '7': { content: 'a\u2581tool', special: false },
    },
  };
  const files = { 'tokenizer.model': model(BPE), 'tokenizer_config.json': JSON.stringify(settings) };
  expect(await pairsOf(files, 9)).toEqual({
    model: 'llama',
    pre: 'default',
    tokens: ['<unk>', '<s>', '</s>', '<0x41>', '\u2581a', 'b', '[PAD6]', 'a tool', '[PAD8]'],
    scores: [0, -1000, 0, 0, -1, -2, -10_000, -1000, -10_000],
    token_type: [2, 3, 3, 6, 1, 1, 5, 4, 5],
    bos_token_id: 1,
    eos_token_id: 2,
    unknown_token_id: 0,
    add_bos_token: true,
    add_eos_token: false,
    add_space_prefix: true,
  });
});

test("a space is put before texts unless the model or its settings don't", async () => {
  const added = async (...parts: Buffer[]) =>
    (await pairsOf({ 'tokenizer.model': model(BPE, ...parts) }, 6)).add_space_prefix;
  expect(await added(field(3, field(3, 0)))).toBe(false);
  expect(await added(field(3, field(3, 1)))).toBe(true);
  const settings = { 'tokenizer_config.json': '{"add_prefix_space": false}' };
  expect((await pairsOf({ 'tokenizer.model': model(BPE), ...settings }, 6)).add_space_prefix).toBe(false);
});

test('without settings, special tokens are those of the config, and a text has one at its beginning', async () => {
  const found = await pairsOf({ 'tokenizer.model': model(BPE) }, 6, {
    bos_token_id: 1,
    eos_token_id: [2, 1],
    pad_token_id: 6,
    unk_token_id: null,
  });
  expect(found).toMatchObject({
    bos_token_id: 1,
    eos_token_id: 2,
    add_bos_token: true,
    add_eos_token: false,
  });
  expect(found).not.toHaveProperty('padding_token_id');
});

test('models of other kinds are refused', async () => {
  await expect(pairsOf({ 'tokenizer.model': model() }, 6)).rejects.toThrow(
    /a model of type 1, one of merges/,
  );
  await expect(pairsOf({ 'tokenizer.model': Buffer.from('x') }, 6)).rejects.toThrow(
    /not a SentencePiece model/,
  );
  const fast = { model: { type: 'Unigram', vocab: [] } };
  await expect(pairsOf({ 'tokenizer.json': JSON.stringify(fast) }, 6)).rejects.toThrow(/is of type Unigram/);
});

test('damaged messages are none', () => {
  expect(fieldsOf(Buffer.from([]))).toEqual([]);
  for (const bytes of [[0x0a, 5, 1], [0x0a], [0x80], [0x03], [0x00, 1], [0x0d, 1]])
    expect(fieldsOf(Buffer.from(bytes)), bytes.join()).toBeUndefined();
  expect(fieldsOf(Buffer.from([0x08, 0x96, 0x01]))).toEqual([{ number: 1, value: 150 }]);
});

const NUMBERED = (numbers: string) =>
  String.raw`(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|${numbers}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+`;
const split = (Regex: string, more = {}) => ({
  type: 'Sequence',
  pretokenizers: [
    { type: 'Split', pattern: { Regex }, behavior: 'Isolated', invert: false, ...more },
    { type: 'ByteLevel', add_prefix_space: false, use_regex: false },
  ],
});
const BYTES = { type: 'ByteLevel', add_prefix_space: false, use_regex: true };

test.each([
  ['gpt-2', BYTES],
  ['gpt-2', { type: 'ByteLevel', add_prefix_space: false }],
  ['llama-bpe', split(NUMBERED(String.raw`\p{N}{1,3}`))],
  ['llama-bpe', split(NUMBERED(String.raw`\p{N}{1,3}`), { behavior: 'Removed', invert: true })],
  ['qwen2', split(NUMBERED(String.raw`\p{N}`))],
  ['smollm', { type: 'Sequence', pretokenizers: [{ type: 'Digits', individual_digits: true }, BYTES] }],
])('texts are split as %s does', (name, preTokenizer) => {
  expect(splitNamed(preTokenizer)).toBe(name);
});

test.each([
  [undefined],
  [{ type: 'ByteLevel', add_prefix_space: true }],
  [split(NUMBERED(String.raw`\p{N}{1,2}`))],
  [split(NUMBERED(String.raw`\p{N}`), { behavior: 'MergedWithNext' })],
  [split(NUMBERED(String.raw`\p{N}`), { invert: true })],
  [{ type: 'Sequence', pretokenizers: [{ type: 'Digits', individual_digits: false }, BYTES] }],
])('what is split otherwise has no name: %o', preTokenizer => {
  expect(() => splitNamed(preTokenizer)).toThrow(
    /for which no name is known \(gpt-2, llama-bpe, qwen2, smollm are\)/,
  );
});
