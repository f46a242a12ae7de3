/** Models whose weights have the same shapes but which compute differently, according to their configs. */
import { join } from 'node:path';
import type { Problem } from '../../protocol/results.ts';
import type { Checkpoint } from '../checkpoint.ts';
import { factsOf, type DescribedModel, type Facts } from './configFacts.ts';
import { readConfig } from './configFile.ts';

export const describedCheckpoint = (label: string, checkpoint: Checkpoint): DescribedModel => ({
  label,
  config: async file =>
    checkpoint.folder === undefined ? undefined : readConfig(join(checkpoint.folder, file)),
  metadata: () => Promise.resolve(checkpoint.metadata),
});

/** Differences named in one line; the rest are only counted. */
const MAX_NAMED = 6;
const MAX_VALUE = 80;

/**
 * A warning for each input whose configuration computes something else than the base's, with both values. Keys that one
 * of them lacks are not compared: their defaults depend on the model and its version.
 */
export async function configDifferences(
  base: DescribedModel | undefined,
  inputs: readonly DescribedModel[],
): Promise<Problem[]> {
  if (!base) return [];
  const there = await factsOf(base);
  const lines = await Promise.all(
    inputs.map(async input => difference(input, await factsOf(input), base, there)),
  );
  return lines.flatMap(message => (message === undefined ? [] : [{ severity: 'warning', message }]));
}

function difference(
  { label }: DescribedModel,
  here: Facts,
  base: DescribedModel,
  there: Facts,
): string | undefined {
  const differ = [...here].filter(
    ([key, value]) => there.has(key) && JSON.stringify(there.get(key)) !== JSON.stringify(value),
  );
  // A longer context alone does not change the computation.
  const counted = differ.filter(([key]) => !isContext(key));
  const rope = counted.some(([key]) => key.includes('rope'));
  const named = rope ? [...counted, ...differ.filter(([key]) => isContext(key))] : counted;
  if (named.length === 0) return undefined;
  const shown = named
    .slice(0, MAX_NAMED)
    .map(([key, value]) => `${key} is ${show(value)} here, ${show(there.get(key))} in ${base.label}`);
  const more = named.length > MAX_NAMED ? `; and ${named.length - MAX_NAMED} more` : '';
  return `${label}: its configuration differs in what the model computes: ${shown.join('; ')}${more}`;
}

const isContext = (key: string): boolean => /(^|\.)max_position_embeddings$/.test(key);

function show(value: unknown): string {
  const text = value === null ? 'none' : JSON.stringify(value);
  return text.length > MAX_VALUE ? `${text.slice(0, MAX_VALUE)}…` : text;
}
