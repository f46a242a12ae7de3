/** Copies the files of a model folder that are not weights to models made from it. */
import { mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { isModuleWeights } from '../../../formats/huggingface/companionNames.ts';
import { readCompanion } from '../../../formats/huggingface/companionPlace.ts';
import { companionsOf, MAX_COMPANION_BYTES } from '../../../formats/huggingface/companions.ts';
import { decodeText } from '../../../formats/smallFile.ts';
import { fittedConfig, type DescribedWeights } from './configFit.ts';
import { writeSmallFile, type WrittenFile } from './writtenFile.ts';

export interface Companions {
  readonly files: readonly WrittenFile[];
  readonly warnings: readonly string[];
}

export interface Companion {
  /** Relative to the folder, with slashes. */
  readonly name: string;
  readonly content: Uint8Array;
}

/** Copies companions of a model folder, config.json adapted to the weights. */
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

/** A config's text, in any encoding; it is written as UTF-8. */
function textOf(content: Uint8Array): string {
  const text = decodeText(content);
  return typeof text === 'string' ? text : '';
}
