/** How numbers become codes, as options. */
import { InvalidArgumentError, Option, type Command } from 'commander';
import type { CodecName, QuantizeRecipe } from '../../protocol/recipes.ts';
import { GROUP_SIZES } from '../../formats/tvq/codebookPayload.ts';

export interface CodecOptions {
  readonly codec?: CodecName;
  readonly groupSize?: QuantizeRecipe['groupSize'];
}

/** Options by their names on the command line. */
export const CODEC_FLAGS = { codec: '--codec', groupSize: '--group-size' } as const;

const CODECS: Readonly<Record<CodecName, string>> = {
  minmax: 'affine over the range, as published',
  clip: 'even steps, the range clipped where that errs least',
  gaussian: 'Lloyd–Max for normal values',
  'lloyd-max': 'Lloyd–Max fitted to the tensor',
  hadamard: 'rotated in blocks of 256, then gaussian',
  entropy: 'a lattice, entropy-coded at any rate; needs a --budget',
};

export const withCodec = (added: Command): Command =>
  added
    .addOption(
      new Option(
        '--codec <name>',
        `${Object.entries(CODECS)
          .map(([name, meaning]) => `${name}: ${meaning}`)
          .join('; ')} (minmax, or entropy under a budget)`,
      ).choices(Object.keys(CODECS)),
    )
    .addOption(
      new Option(
        '--group-size <n>',
        'values that share a scale, 0 for one scale a tensor; clip, gaussian, lloyd-max (64), hadamard (256)',
      ).argParser(parseGroupSize),
    );

function parseGroupSize(text: string): number {
  const size = GROUP_SIZES.find(known => String(known) === text);
  if (size === undefined) throw new InvalidArgumentError(`one of ${GROUP_SIZES.join(', ')} was expected.`);
  return size;
}

export const codecOf = ({ codec, groupSize }: CodecOptions): CodecOptions => ({ codec, groupSize });
