/** Files of a model folder that are not weights: what transformers, vLLM and llama.cpp look for beside them. */
import { mkdir, readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { formatBytes } from '../../format.ts';
import { setDtype, type WrittenDtype } from './config.ts';
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

/** The largest tokenizers have 35 MB; anything above this is not a small file that goes with the weights. */
const MAX_COMPANION_BYTES = 64 << 20;

const isCompanion = (name: string): boolean =>
  !/^(\.|readme)/i.test(name) && !NOT_OF_THE_MODEL.test(name) && (COMPANION.test(name) || LEGAL.test(name));

export interface Companions {
  readonly files: readonly WrittenFile[];
  readonly warnings: readonly string[];
}

/**
 * Copies companions of a model folder, config.json with the dtype that was written. Links are followed, as the Hub's
 * cache is made of them.
 */
export async function copyCompanions(
  from: string,
  to: string,
  written: WrittenDtype | undefined,
): Promise<Companions> {
  const files: WrittenFile[] = [];
  const warnings: string[] = [];
  for (const name of await companionNames(from)) {
    const source = join(from, name);
    const { size } = await stat(source);
    if (size > MAX_COMPANION_BYTES) {
      warnings.push(
        `${source}: not copied, its ${formatBytes(size)} are more than ${formatBytes(MAX_COMPANION_BYTES)}`,
      );
      continue;
    }
    let content: string | Uint8Array = await readFile(source);
    if (name === 'config.json' && written) {
      const fixed = setDtype(content.toString(), written);
      if (fixed === undefined)
        warnings.push(`${source}: copied as it is, its dtype could not be set; it is not valid JSON`);
      content = fixed ?? content;
    }
    if (name.includes('/')) await mkdir(join(to, TEMPLATES_FOLDER), { recursive: true });
    files.push(await writeSmallFile(to, name, content));
  }
  return { files, warnings };
}

/** Names relative to the folder, sorted. */
async function companionNames(folder: string): Promise<string[]> {
  const templates = (await readdir(join(folder, TEMPLATES_FOLDER)).catch(() => []))
    .filter(name => /^[^.].*\.jinja$/.test(name))
    .map(name => `${TEMPLATES_FOLDER}/${name}`);
  const names = [...(await readdir(folder)).filter(isCompanion), ...templates].sort();
  const areFiles = await Promise.all(
    names.map(name =>
      stat(join(folder, name)).then(
        info => info.isFile(),
        () => false, // a link into a cache that was cleared
      ),
    ),
  );
  return names.filter((_, i) => areFiles[i]);
}
