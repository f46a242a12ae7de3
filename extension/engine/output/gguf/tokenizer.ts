/** A model's tokenizer as the metadata of a GGUF file, from whichever of its files has it (llama.cpp: gguf-py/gguf/vocab.py). */
import type { GgufPair } from '../../../formats/gguf/writeHeader.ts';
import { isObject, parsePythonJson } from '../../../formats/json/jsonText.ts';
import type { ModelFiles } from '../modelFiles.ts';
import { bytePairs } from './bytePairs.ts';
import { CannotSay, Facts } from './facts.ts';
import { sentencePieces } from './sentencePieces.ts';
import { UNUSED, UNUSED_SCORE, unusedToken, type AddedToken, type Vocabulary } from './vocabulary.ts';

const SENTENCE_PIECE = 'tokenizer.model';
const FAST = 'tokenizer.json';

/** Special tokens: how configs name each, and its key. */
const SPECIAL: readonly (readonly [name: string, key: string])[] = [
  ['bos', 'bos_token_id'],
  ['eos', 'eos_token_id'],
  ['unk', 'unknown_token_id'],
  ['sep', 'seperator_token_id'], // sic
  ['pad', 'padding_token_id'],
  ['mask', 'mask_token_id'],
];

/**
 * @param rows of the embedding: a smaller vocabulary is filled up with unused tokens
 * @throws CannotSay where there is no tokenizer that llama.cpp has too
 */
export async function tokenizerPairs(
  files: ModelFiles,
  config: Facts,
  rows: number,
): Promise<Map<string, GgufPair>> {
  const json = async (name: string): Promise<Facts | undefined> => {
    const content = await files.read(name);
    const value = content && parsePythonJson(Buffer.from(content).toString());
    return isObject(value) ? new Facts(value) : undefined;
  };
  const settings = (await json('tokenizer_config.json')) ?? new Facts({});
  const fast = await json(FAST);
  const pieces = await files.read(SENTENCE_PIECE);
  const added = addedTokens(settings, fast);
  const vocabulary = pieces
    ? sentencePieces(pieces, settings, await json('added_tokens.json'), added)
    : fast && bytePairs(fast, added);
  if (!vocabulary)
    throw new CannotSay(
      `${files.path} has neither ${FAST} nor ${SENTENCE_PIECE}, which a GGUF file has to hold; put one there`,
    );
  const { tokens } = vocabulary;
  if (tokens.length > rows)
    throw new CannotSay(
      `its tokenizer has ${tokens.length} tokens, its embedding ${rows} rows; put the tokenizer of these weights there`,
    );
  const template = await chatTemplate(files, settings);
  return new Map([
    ...vocabularyPairs(vocabulary, rows),
    ...specialPairs(vocabulary, settings, config),
    ...endsPairs(settings, fast, vocabulary.model === 'llama'),
    ...(template === undefined
      ? []
      : [['tokenizer.chat_template', { type: 'string', value: template }] as const]),
  ]);
}

function vocabularyPairs({ model, pre, tokens, types, scores, merges, addsSpace }: Vocabulary, rows: number) {
  const missing = Array.from({ length: rows - tokens.length }, (_, i) => tokens.length + i);
  const pairs: [string, GgufPair][] = [
    ['model', { type: 'string', value: model }],
    ['pre', { type: 'string', value: pre }],
    ['tokens', { type: 'strings', value: [...tokens, ...missing.map(unusedToken)] }],
    ...(scores
      ? [
          ['scores', { type: 'f32s', value: [...scores, ...missing.map(() => UNUSED_SCORE)] }] as [
            string,
            GgufPair,
          ],
        ]
      : []),
    ['token_type', { type: 'i32s', value: [...types, ...missing.map(() => UNUSED)] }],
    ...(merges ? [['merges', { type: 'strings', value: merges }] as [string, GgufPair]] : []),
    ...(addsSpace === undefined
      ? []
      : [['add_space_prefix', { type: 'bool', value: addsSpace }] as [string, GgufPair]]),
  ];
  return pairs.map(([key, pair]) => [`tokenizer.ggml.${key}`, pair] as const);
}

/** Added tokens by id, wherever they are listed. */
function addedTokens(settings: Facts, fast: Facts | undefined): ReadonlyMap<number, AddedToken> {
  const found = new Map<number, AddedToken>();
  const add = (id: number, token: unknown) => {
    if (!Number.isSafeInteger(id) || id < 0 || !isObject(token) || typeof token.content !== 'string') return;
    found.set(id, { content: token.content, isSpecial: token.special === true });
  };
  const listed = fast?.config.added_tokens;
  for (const token of Array.isArray(listed) ? (listed as unknown[]) : [])
    if (isObject(token)) add(Number(token.id), token);
  for (const [id, token] of Object.entries(settings.part('added_tokens_decoder')?.config ?? {}))
    add(Number(id), token);
  return found;
}

/** By their contents in tokenizer_config.json, or else by their ids in config.json. */
function specialPairs({ tokens }: Vocabulary, settings: Facts, config: Facts): [string, GgufPair][] {
  return SPECIAL.flatMap(([name, key]): [string, GgufPair][] => {
    const content = settings.text(`${name}_token`) ?? settings.part(`${name}_token`)?.text('content');
    const byContent = content === undefined ? -1 : tokens.indexOf(content);
    const said = config.config[`${name}_token_id`];
    // Of several tokens that end a text, the first one.
    const byConfig: unknown = Array.isArray(said) ? said[0] : said;
    const id = byContent >= 0 ? byContent : byConfig;
    const isToken = typeof id === 'number' && Number.isInteger(id) && id >= 0 && id < tokens.length;
    return isToken ? [[`tokenizer.ggml.${key}`, { type: 'u32', value: id }]] : [];
  });
}

/** Whether texts get a token at their beginning and end: by the template of tokenizer.json, or by the settings. */
function endsPairs(settings: Facts, fast: Facts | undefined, isSentencePiece: boolean): [string, GgufPair][] {
  const single = templateOf(fast?.config.post_processor);
  const isToken = (place: unknown): boolean => isObject(place) && 'SpecialToken' in place;
  const [first, last] = single ? [isToken(single[0]), isToken(single.at(-1))] : [isSentencePiece, false];
  const flag = (name: string, otherwise: boolean): [string, GgufPair] => [
    `tokenizer.ggml.${name}`,
    { type: 'bool', value: settings.flag(name) ?? otherwise },
  ];
  return [flag('add_bos_token', first), flag('add_eos_token', last)];
}

/** What a TemplateProcessing makes of one text. */
function templateOf(processor: unknown): readonly unknown[] | undefined {
  if (!isObject(processor)) return undefined;
  if (processor.type === 'TemplateProcessing')
    return Array.isArray(processor.single) ? (processor.single as unknown[]) : undefined;
  const inner = Array.isArray(processor.processors) ? (processor.processors as unknown[]) : [];
  return inner.map(templateOf).find(found => found !== undefined);
}

async function chatTemplate(files: ModelFiles, settings: Facts): Promise<string | undefined> {
  const own = await files.read('chat_template.jinja');
  if (own) return Buffer.from(own).toString();
  const stated = settings.config.chat_template;
  if (typeof stated === 'string') return stated;
  const named = (Array.isArray(stated) ? (stated as unknown[]) : []).filter(isObject);
  const [template] = named.filter(({ name }) => name === 'default').map(one => one.template);
  return typeof template === 'string' ? template : undefined;
}
