import { rangeOf } from '../../../extension/formats/tensorSource.ts';
import { describe, expect, it } from 'vitest';
import type { Checkpoint } from '../../../extension/formats/checkpoint.ts';
import { alignNames, bareName } from '../../../extension/formats/names/alignNames.ts';

const NAMES = [
  'model.embed_tokens.weight',
  ...[0, 1].flatMap(i => ['self_attn.q_proj', 'mlp.up_proj'].map(part => `model.layers.${i}.${part}.weight`)),
  'model.norm.weight',
  'lm_head.weight',
];

const shapeOf = (name: string): number[] => [name.length, 4];

/** A checkpoint with these tensors, each in the shape of its counterpart. */
function checkpoint(names: readonly (readonly [name: string, counterpart: string])[]): Checkpoint {
  const tensors = names.map(([name, counterpart]) => {
    const shape = shapeOf(counterpart);
    return [name, rangeOf('x', { name, dtype: 'F32', shape, offset: 0, bytes: 4 * shape[0]! * 4 })] as const;
  });
  return {
    path: '/x',
    name: 'x',
    files: ['/x'],
    tensors: new Map(tensors),
    bytes: 0,
    format: 'safetensors',
    metadata: {},
    stamps: [],
    notes: [],
    unreadable: [],
    adapter: undefined,
    folder: undefined,
  };
}

const reference = checkpoint(NAMES.map(name => [name, name])).tensors;
const aligned = (change: (name: string) => string, names: readonly string[] = NAMES) =>
  alignNames(checkpoint(names.map(name => [change(name), name])), reference);

describe('names that a prefix keeps apart', () => {
  it.each([
    ['_orig_mod.', (name: string) => `_orig_mod.${name}`],
    ['module.', (name: string) => `module.${name}`],
    ['base_model.model.', (name: string) => `base_model.model.${name}`],
    ['bert.', (name: string) => `bert.${name}`],
  ])('%s', (prefix, change) => {
    const { checkpoint: found, change: said } = aligned(change);
    expect([...found.tensors.keys()]).toEqual(NAMES);
    expect([...found.tensors.values()].map(({ name }) => name)).toEqual(NAMES);
    expect(said).toContain(prefix);
  });

  it('a container that stands for another', () => {
    const body = NAMES.filter(name => name.startsWith('model.'));
    const { checkpoint: found } = aligned(name => name.replace('model.', 'model.language_model.'), body);
    expect([...found.tensors.keys()]).toEqual(body);
  });

  it('a prefix that is missing', () => {
    const body = NAMES.filter(name => name.startsWith('model.'));
    const { checkpoint: found, change } = aligned(name => name.slice('model.'.length), body);
    expect([...found.tensors.keys()]).toEqual(body);
    expect(change).toBe('with the prefix model.');
  });

  it('wrappers inside of names, with a prefix before them', () => {
    const { checkpoint: found } = aligned(
      name => `module.${name.replace(/layers\.(\d)\./, 'layers.$1._checkpoint_wrapped_module.')}`,
    );
    expect([...found.tensors.keys()]).toEqual(NAMES);
  });

  it('a base that has the wrapper', () => {
    const wrapped = checkpoint(NAMES.map(name => [`_orig_mod.${name}`, name])).tensors;
    const { checkpoint: found } = alignNames(checkpoint(NAMES.map(name => [name, name])), wrapped);
    expect([...found.tensors.keys()]).toEqual([...wrapped.keys()]);
  });
});

describe('a model that is there more than once', () => {
  const copies = (prefixes: readonly string[], names: readonly string[]) =>
    alignNames(
      checkpoint(prefixes.flatMap(prefix => names.map(name => [prefix + name, name] as const))),
      reference,
    );

  it.each([
    [['policy.', 'ema.'], 'twice: the prefixes policy. and ema. both fit'],
    [['teacher.', 'student.', 'ema.'], '3 times: the prefixes teacher. and student. and ema. all fit'],
  ])('%j', (prefixes, times) => {
    const said = `/x: holds the model ${times}; keep the tensors of one`;
    expect(() => copies(prefixes, NAMES)).toThrow(said);
    // one of the copies has no head
    expect(() => copies(prefixes, NAMES.slice(0, -1))).toThrow(said);
  });

  it('beside the names themselves is left where it is', () => {
    expect(copies(['', 'ema.'], NAMES).change).toBeUndefined();
  });
});

describe('names that stay', () => {
  it('those that match already', () => {
    expect(aligned(name => name).change).toBeUndefined();
  });

  it('those of another part of the model, whichever it is', () => {
    const stacks = checkpoint(
      ['encoder', 'decoder'].flatMap(stack =>
        [0, 1, 2].map(i => [`${stack}.block.${i}.w`, 'block.w'] as [string, string]),
      ),
    ).tensors;
    const { change } = alignNames(checkpoint([0, 1, 2].map(i => [`block.${i}.w`, 'block.w'])), stacks);
    expect(change).toBeUndefined();
  });

  it('those of other shapes', () => {
    const strangers = NAMES.map(name => [`module.${name}`, `${name}.other`] as const);
    expect(alignNames(checkpoint(strangers), reference).change).toBeUndefined();
  });
});

it('bare names are equal wherever names can be aligned', () => {
  for (const name of ['model.layers.0.w', '_orig_mod.model.layers.0.w', 'model.language_model.layers.0.w'])
    expect(bareName(name)).toBe('layers.0.w');
});
