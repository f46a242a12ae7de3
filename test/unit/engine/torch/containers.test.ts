/** Every container that torch.save has written, against the same tensors in safetensors. */
import { basename } from 'node:path';
import { describe, expect, test } from 'vitest';
import { openCheckpoint } from '../../../../extension/formats/checkpoint.ts';
import { fixture } from '../../../checkpoints.ts';
import { valuesOf } from './values.ts';

const expected = await valuesOf(await openCheckpoint(fixture('torch/expected.safetensors')));

const named = (names: (name: string) => string, only?: readonly string[]) =>
  new Map(
    [...expected]
      .filter(([name]) => only?.includes(name) ?? true)
      .map(([name, value]) => [names(name), value]),
  );

describe('equals the same tensors in safetensors, bit for bit', () => {
  test.each([
    ['state_dict.pt', named(name => name)],
    ['protocol5.pt', named(name => name)],
    ['legacy.pth', named(name => name)],
    ['renamed-after-saving.bin', named(name => name)],
    ['lightning.ckpt', named(name => `module.${name}`)],
    ['parameters.bin', named(name => name, ['weight', 'bias'])],
  ])('%s', async (file, tensors) => {
    const checkpoint = await openCheckpoint(fixture(`torch/${file}`));
    expect(await valuesOf(checkpoint)).toEqual(tensors);
    expect(checkpoint.name).toBe(basename(file).replace(/\.\w+$/, ''));
  });
});
