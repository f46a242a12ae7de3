import { describe, expect, test } from 'vitest';
import { byPlace, depthOf, layersOf } from '../../../extension/formats/names/layers.ts';

const depths = (names: readonly string[]) => {
  const layers = layersOf(names);
  return names.map(name => {
    const layer = layers.get(name);
    return layer && [layer.stack, layer.number, depthOf(layer)];
  });
};

describe('layers of a model', () => {
  test('each stack has its own', () => {
    const names = [
      ...[0, 1].map(i => `encoder.block.${i}.layer.0.q.weight`),
      ...[0, 2].map(i => `decoder.block.${i}.layer.1.q.weight`),
      'shared.weight',
    ];
    expect(depths(names)).toEqual([
      ['encoder.block', 0, 0],
      ['encoder.block', 1, 1],
      ['decoder.block', 0, 0],
      ['decoder.block', 2, 1],
      undefined,
    ]);
  });

  test('of nested numbers the outermost counts: stages, not blocks; layers, not experts', () => {
    const names = [0, 1].flatMap(stage => [0, 1].map(i => `encoder.layers.${stage}.blocks.${i}.attn.weight`));
    expect(depths(names).map(found => found?.slice(0, 2))).toEqual(
      [0, 0, 1, 1].map(stage => ['encoder.layers', stage]),
    );
    const experts = [0, 1].flatMap(layer =>
      [0, 5].map(i => `model.layers.${layer}.mlp.experts.${i}.w1.weight`),
    );
    expect(depths(experts).map(found => found?.slice(0, 2))).toEqual(
      [0, 0, 1, 1].map(layer => ['model.layers', layer]),
    );
  });

  test('parts of a pipeline are no layers, and a single layer is one', () => {
    const names = [
      'conditioner.embedders.0.transformer.layers.0.fc.weight',
      'conditioner.embedders.0.transformer.layers.1.fc.weight',
      'conditioner.embedders.1.model.resblocks.0.fc.weight',
      '0.auto_model.layers.0.q.weight',
    ];
    expect(depths(names)).toEqual([
      ['conditioner.embedders.0.transformer.layers', 0, 0],
      ['conditioner.embedders.0.transformer.layers', 1, 1],
      ['conditioner.embedders.1.model.resblocks', 0, 1],
      ['0.auto_model.layers', 0, 1],
    ]);
  });

  test('are ordered by stack and number, with the rest behind', () => {
    const layers = [...new Set(layersOf(['b.0.x', 'b.1.x', 'a.1.x', 'a.0.x']).values()), undefined];
    expect(layers.sort(byPlace).map(layer => layer && `${layer.stack}${layer.number}`)).toEqual([
      'a0',
      'a1',
      'b0',
      'b1',
      undefined,
    ]);
  });
});
