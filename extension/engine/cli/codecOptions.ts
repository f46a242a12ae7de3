/** How numbers become codes, as options. */
import { InvalidArgumentError, Option, type Command } from 'commander';
import type { QuantizeRecipe } from '../../protocol/recipes.ts';
import { CODEC_NAMES, type CodecName } from '../../shared/codecNames.ts';
import { GROUP_SIZES } from '../../formats/tvq/codebookPayload.ts';

export interface CodecOptions {
  readonly codec?: CodecName;
  readonly groupSize?: QuantizeRecipe['groupSize'];
}

/** The options' names on the command line. */
export const CODEC_FLAGS = { codec: '--codec', groupSize: '--group-size' } as const;

export const withCodec = (added: Command): Command =>
  added
    .addOption(
      new Option(
        '--codec <name>',
        `${Object.entries(CODEC_NAMES)
          .map(([name, meaning]) => `${name}: ${meaning}`)
          .join('; ')} (minmax, or entropy under a budget)`,
      ).choices(Object.keys(CODEC_NAMES)),
    )
    .addOption(
      new Option(
        '--group-size <n>',
        'values that share a scale, 0 for one scale per tensor; clip, gaussian, lloyd-max (64), hadamard (256)',
      ).argParser(parseGroupSize),
    );

function parseGroupSize(text: string): number {
  const size = GROUP_SIZES.find(known => String(known) === text);
  if (size === undefined) throw new InvalidArgumentError(`one of ${GROUP_SIZES.join(', ')} was expected.`);
  return size;
}

export const codecAsked = ({ codec, groupSize }: CodecOptions): CodecOptions => ({ codec, groupSize });
