/** Files of a model folder that are not weights: what transformers, vLLM and llama.cpp look for beside them. */
import { mkdir, readdir, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { readJson } from '../../checkpoint/configFile.ts';
import { isObject } from '../../checkpoint/jsonText.ts';
import { formatBytes } from '../../format.ts';
import { decodeText } from '../../checkpoint/smallFile.ts';
import { listed } from '../../checkpoint/weightFolder.ts';
import { companionPlace, readCompanion } from './companionPlace.ts';
import { fittedConfig, type DescribedWeights } from './configFit.ts';
import { writeSmallFile, type WrittenFile } from './writtenFile.ts';

/** Configurations, tokenizers, vocabularies, chat templates, modeling code. */
const COMPANION = /\.(json|txt|model|jinja|py|tiktoken)$/;
/** Texts that have to go with the weights. */
const LEGAL = /^(licen[cs]e|notice|use[-_]policy)[\w-]*(\.md)?$/i;
/** Indexes of weights, and what trainers, quantizers and merges say of their own weights rather than of the model. */
const NOT_OF_THE_MODEL =
  /(\.index\.json|^adapter_config\.json|^(trainer_state|training_args|merge-report)\.json|_results\.json)$/;
/** Where transformers keeps chat templates beyond the first. */
const TEMPLATES_FOLDER = 'additional_chat_templates';
/** Where sentence-transformers lists the modules behind the transformer, and how it names a folder of one. */
const MODULES = 'modules.json';
const MODULE_FOLDER = /^\d{1,3}_[A-Za-z]\w{0,63}$/;
/** Weights of such a module: they belong to it, and are neither merged nor quantized. */
const MODULE_WEIGHTS = /^(model\.safetensors|pytorch_model\.bin)$/;

/** The largest tokenizers have 35 MB; anything above this is not a small file that goes with the weights. */
export const MAX_COMPANION_BYTES = 64 << 20;
/** A model has at most some 30; more are no companions of weights. */
export const MAX_COMPANIONS = 1000;
const MAX_NAME = 255;

const isPlain = (name: string): boolean =>
  !/^(\.|readme)/i.test(name) && !NOT_OF_THE_MODEL.test(name) && (COMPANION.test(name) || LEGAL.test(name));
const isTemplate = (name: string): boolean => /^[^.].*\.jinja$/.test(name);
const isOfModule = (name: string): boolean => isPlain(name) || MODULE_WEIGHTS.test(name);
/** Fit for a file's name on every system, and no way out of its folder. */
const isSafe = (name: string): boolean =>
  name.length <= MAX_NAME && /^[^\\/:*?"<>|\p{Cc}\p{Cf}]+$/u.test(name);

/** Whether a file of this name, relative to a model's folder, goes with weights; others are never written. */
export function isCompanion(name: string): boolean {
  const [first, second, ...more] = name.split('/') as [string, ...string[]];
  if (more.length > 0 || !isSafe(first) || (second !== undefined && !isSafe(second))) return false;
  if (second === undefined) return isPlain(first);
  return first === TEMPLATES_FOLDER ? isTemplate(second) : MODULE_FOLDER.test(first) && isOfModule(second);
}

/** Companions that belong together: of one kind, all are taken from one model. */
export function companionKind(name: string): 'config' | 'tokenizer' | 'processor' | 'legal' | 'other' {
  if (name === 'config.json') return 'config';
  if (LEGAL.test(name)) return 'legal';
  if (/^(pre|image_|video_|feature_)?(processor|extractor)/.test(name)) return 'processor';
  const isTokenizer =
    /^(tokenizer|vocab|merges|special_tokens|added_tokens|chat_template|spiece|sentencepiece|source\.|target\.)/;
  const isVocabulary = /\.(model|tiktoken)$/;
  return isTokenizer.test(name) || isVocabulary.test(name) || name.startsWith(`${TEMPLATES_FOLDER}/`)
    ? 'tokenizer'
    : 'other';
}

/** Weights of a module behind the transformer. */
export const isModuleWeights = (name: string): boolean =>
  name.includes('/') && MODULE_WEIGHTS.test(name.slice(name.indexOf('/') + 1));

export interface Companions {
  readonly files: readonly WrittenFile[];
  readonly warnings: readonly string[];
}

export interface Companion {
  /** Relative to the folder, with slashes. */
  readonly name: string;
  readonly content: Uint8Array;
}

/** Copies companions of a model folder, config.json with what the weights really are. */
export async function copyCompanions(
  from: string,
  to: string,
  weights: DescribedWeights,
): Promise<Companions> {
  const files: WrittenFile[] = [];
  const { names, warnings } = await companionsOf(from);
  for (const name of names) {
    const content = await readCompanion(from, name, MAX_COMPANION_BYTES);
    const written = await writeCompanion(to, { name, content }, weights);
    files.push(written.file);
    warnings.push(...written.notes.map(note => `${join(from, name)}: ${note}`));
    if (isModuleWeights(name)) warnings.push(`${join(from, name)}: copied as it is, not merged`);
  }
  return { files, warnings };
}

/** Writes one into a model folder; a config.json is made to agree with the weights. */
export async function writeCompanion(
  folder: string,
  { name, content }: Companion,
  weights: DescribedWeights,
): Promise<{ readonly file: WrittenFile; readonly notes: readonly string[] }> {
  await mkdir(join(folder, dirname(name)), { recursive: true });
  if (name !== 'config.json') return { file: await writeSmallFile(folder, name, content), notes: [] };
  const { text, notes } = fittedConfig(textOf(content), weights);
  const file = await writeSmallFile(folder, name, text ?? content);
  const broken = 'copied as it is, its dtype could not be set; it is not valid JSON';
  return { file, notes: text === undefined ? [broken] : notes };
}

/**
 * Names of companions relative to their folder, sorted; what is too large to be one, or lies elsewhere, is left out
 * with a warning.
 */
export async function companionsOf(folder: string): Promise<{ names: string[]; warnings: string[] }> {
  const names: string[] = [];
  const warnings: string[] = [];
  const outside: string[] = [];
  for (const name of (await candidates(folder)).filter(isCompanion).sort().slice(0, MAX_COMPANIONS)) {
    const file = join(folder, name);
    const place = await companionPlace(folder, name);
    const info = place && (await stat(place.path).catch(() => undefined));
    if (!info?.isFile()) continue;
    if (!place?.belongs) outside.push(name);
    else if (info.size <= MAX_COMPANION_BYTES) names.push(name);
    else
      warnings.push(
        `${file}: not copied, its ${formatBytes(info.size)} are more than ${formatBytes(MAX_COMPANION_BYTES)}`,
      );
  }
  const [first, second] = outside;
  if (first !== undefined)
    warnings.push(
      second === undefined
        ? `${join(folder, first)}: not copied, it is a link out of the model's folder; put the file itself there`
        : `${folder}: ${listed(outside)} are not copied, they are links out of the model's folder; put the files themselves there`,
    );
  return { names, warnings };
}

async function candidates(folder: string): Promise<string[]> {
  const names = await readdir(folder);
  const inner = [TEMPLATES_FOLDER, ...(names.includes(MODULES) ? await moduleFolders(folder) : [])];
  const nested = await Promise.all(
    inner.map(async name => {
      const found = await readdir(join(folder, name)).catch((): string[] => []);
      // Of weights in two formats one is enough.
      const twice = found.includes('model.safetensors');
      return found.filter(file => !twice || file !== 'pytorch_model.bin').map(file => `${name}/${file}`);
    }),
  );
  return [...names, ...nested.flat()];
}

/** Folders that modules.json of sentence-transformers lists; that of the transformer itself is the model's own. */
async function moduleFolders(folder: string): Promise<string[]> {
  const modules = await readJson(join(folder, MODULES));
  const paths = Object.values(modules ?? {}).flatMap((module: unknown) =>
    isObject(module) ? [module.path] : [],
  );
  return [...new Set(paths)].filter(path => typeof path === 'string' && MODULE_FOLDER.test(path)) as string[];
}

/** A config's text, whichever encoding it was saved in; it is written as UTF-8. */
function textOf(content: Uint8Array): string {
  const text = decodeText(content);
  return typeof text === 'string' ? text : '';
}
