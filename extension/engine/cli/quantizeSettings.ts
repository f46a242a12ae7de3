/** How to quantize, from the options: a preset, a budget, or a scheme and its bits. */
import { Option, type Command } from 'commander';
import type { Scheme } from '../../protocol/recipes.ts';
import {
  DEFAULT_PRESET,
  presetNamed,
  PRESETS,
  type PresetName,
  type QuantizeSettings,
} from '../../shared/presets.ts';
import { UserError } from '../../shared/errors.ts';
import { DEFAULTS } from '../../protocol/recipeSchemas.ts';
import { CODEC_FLAGS, codecAsked, withCodec, type CodecOptions } from './codecOptions.ts';
import { parseWhole } from './parse.ts';
import { WISHES, type WishOptions } from './wishes.ts';

export interface SettingsOptions extends WishOptions, CodecOptions {
  readonly preset?: PresetName;
  readonly scheme?: Scheme;
  readonly bits?: number;
  readonly baseBits?: number;
  readonly offsetBits?: number;
  readonly budget?: string;
}

/** Options of fixed widths, by their names on the command line. */
const FIXED = {
  scheme: '--scheme',
  bits: '--bits',
  baseBits: '--base-bits',
  offsetBits: '--offset-bits',
} as const;

const width = parseWhole(1, 8);

export const withSettings = (added: Command): Command =>
  withCodec(added)
    .addOption(
      new Option(
        '--preset <name>',
        `${PRESETS.map(({ name, meaning }) => `${name}: ${meaning}`).join('; ')} (${DEFAULT_PRESET}, ` +
          'unless a scheme, bits or a budget are given)',
      ).choices(PRESETS.map(({ name }) => name)),
    )
    .option(
      '--budget <size>',
      'size of the file, spent where it helps most: 2.25bpw, codes=1.5bpw, 120MB, 8% of FP32, or error=0.1',
    )
    .addOption(
      new Option(
        '--scheme <name>',
        'tvq: task vectors; rtvq: shared base + offsets; fq: whole models',
      ).choices(['tvq', 'rtvq', 'fq']),
    )
    .option('--bits <n>', 'bits per weight, 1 to 8 (tvq 3, fq 8)', width)
    .option('--base-bits <n>', 'bits of the shared base vector (rtvq, 3)', width)
    .option('--offset-bits <n>', "bits of each task's offset (rtvq, 2)", width);

/** @throws UserError where options contradict each other */
export function settingsOf(options: SettingsOptions): QuantizeSettings {
  const settings = chosenSettings(options);
  if (settings.budget !== undefined) return settings;
  const { reconstruction, ...others } = WISHES;
  refuseAll(options, others, 'needs a --budget');
  // Min–max codes are restored as published.
  if ((settings.codec ?? 'minmax') === 'minmax')
    refuseAll(options, { reconstruction }, 'needs a --budget, or a --codec other than minmax');
  return settings;
}

function chosenSettings(options: SettingsOptions): QuantizeSettings {
  const { preset, budget } = options;
  if (budget !== undefined) {
    if (preset)
      throw new UserError(`--budget cannot be combined with --preset ${preset}; leave one out`, 'usage');
    const { scheme = 'tvq' } = options;
    if (scheme === 'fq') throw new UserError('--budget needs --scheme tvq or rtvq', 'usage');
    const { scheme: _, ...widths } = FIXED;
    refuseAll(options, widths, 'cannot be combined with --budget, which sets the bits itself');
    return { ...presetNamed('balanced').settings, scheme, ...codecAsked(options), budget };
  }
  if (preset === 'paper') return { ...fixedSettings(options), keepRule: 'published' };
  const explicit = { ...FIXED, ...CODEC_FLAGS };
  if (preset) refuseAll(options, explicit, `cannot be combined with --preset ${preset}; leave one out`);
  const given = Object.keys(explicit).some(name => options[name as keyof typeof explicit] !== undefined);
  if (given) return fixedSettings(options);
  return presetNamed(preset ?? DEFAULT_PRESET).settings;
}

function fixedSettings(options: SettingsOptions): QuantizeSettings {
  const { scheme = 'tvq', bits, baseBits, offsetBits } = options;
  if (scheme === 'rtvq')
    refuseAll(
      options,
      { bits: FIXED.bits },
      'cannot be combined with --scheme rtvq; use --base-bits and --offset-bits',
    );
  else {
    const { baseBits: base, offsetBits: offset } = FIXED;
    refuseAll(
      options,
      { baseBits: base, offsetBits: offset },
      `cannot be combined with --scheme ${scheme}; use --bits`,
    );
  }
  const usual = DEFAULTS[scheme];
  return {
    scheme,
    bits: bits ?? offsetBits ?? usual.bits,
    baseBits: baseBits ?? usual.baseBits,
    ...codecAsked(options),
    keepRule: 'vectors',
  };
}

/** @throws UserError naming the first of `flags` that was given */
function refuseAll<K extends keyof SettingsOptions>(
  options: SettingsOptions,
  flags: Readonly<Partial<Record<K, string>>>,
  why: string,
): void {
  for (const [name, flag] of Object.entries(flags)) {
    if (options[name as K] !== undefined) throw new UserError(`${flag as string} ${why}`, 'usage');
  }
}
