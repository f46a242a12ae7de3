/** Rotary positions of a model, as llama.cpp takes them (convert_hf_to_gguf.py, TextModel and LlamaModel). */
import type { GgufPair } from '../../../formats/gguf/writeHeader.ts';
import { CannotSay, type Facts } from './facts.ts';

export interface Rope {
  /** By key behind the architecture's name. */
  readonly pairs: readonly [string, GgufPair][];
  /** What the frequencies are divided by, which is a tensor of the file; undefined: nothing. */
  readonly factors: Float32Array | undefined;
}

const f32 = (value: number): GgufPair => ({ type: 'f32', value });
const u32 = (value: number): GgufPair => ({ type: 'u32', value });

/**
 * @param dimensions of a head
 * @throws CannotSay for a kind of scaling that llama.cpp does not have
 */
export function ropeOf(config: Facts, dimensions: number): Rope {
  // transformers 5 has all in rope_parameters, and those of Gemma 3 by the kind of attention.
  const all = config.part('rope_parameters');
  const own = all?.part('full_attention') ?? all;
  const scaling = own ?? config.part('rope_scaling');
  const base = own?.maybe('rope_theta') ?? config.maybe('rope_theta') ?? 10_000;
  const kind = scaling?.text('rope_type', 'type') ?? 'default';
  const pairs: [string, GgufPair][] = [
    ['rope.freq_base', f32(base)],
    ['rope.dimension_count', u32(dimensions)],
  ];
  if (kind === 'default' || !scaling) return { pairs, factors: undefined };
  if (kind === 'llama3') return { pairs, factors: llama3Factors(scaling, base, dimensions) };
  if (kind !== 'linear' && kind !== 'yarn')
    throw new CannotSay(
      `config.json scales rotary positions by "${kind}", which is not written (default, linear, llama3 and yarn are)`,
    );
  pairs.push(
    ['rope.scaling.type', { type: 'string', value: kind }],
    ['rope.scaling.factor', f32(scaling.number('factor'))],
  );
  const original = scaling.maybe('original_max_position_embeddings');
  if (kind === 'yarn' && original !== undefined)
    pairs.push(['rope.scaling.original_context_length', u32(original)]);
  return { pairs, factors: undefined };
}

/** Llama 3.1: low frequencies are divided by a factor, high ones by 1, and between them by what is between. */
function llama3Factors(scaling: Facts, base: number, dimensions: number): Float32Array {
  const factor = scaling.maybe('factor') ?? 8;
  const low = scaling.maybe('low_freq_factor') ?? 1;
  const high = scaling.maybe('high_freq_factor') ?? 4;
  const context = scaling.maybe('original_max_position_embeddings') ?? 8192;
  return Float32Array.from({ length: dimensions / 2 }, (_, i) => {
    const wavelength = 2 * Math.PI * base ** ((2 * i) / dimensions);
    if (wavelength < context / high) return 1;
    if (wavelength > context / low) return factor;
    const smooth = (context / wavelength - low) / (high - low);
    return 1 / ((1 - smooth) / factor + smooth);
  });
}
