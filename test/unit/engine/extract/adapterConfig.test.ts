import { describe, expect, test } from 'vitest';
import { adapterConfig, targetModules } from '../../../../extension/engine/extract/adapterConfig.ts';

describe('target modules', () => {
  const layers = ['model.layers.0.q.weight', 'model.layers.1.q.weight', 'model.layers.1.k.weight'];
  test('are the last parts of names where these select no other module', () => {
    const names = ['model.layers.0.q', 'model.layers.1.q'];
    expect(targetModules(names, layers)).toEqual(['q']);
  });
  test('are whole names where some modules of that name stay', () => {
    expect(targetModules(['model.layers.1.q'], layers)).toEqual(['model.layers.1.q']);
  });
  test('are whole names where a container has that name', () => {
    const names = ['encoder.output'];
    expect(targetModules(names, ['encoder.output.weight', 'decoder.output.dense.weight'])).toEqual(names);
  });
  test('are a regular expression where a whole name ends another one', () => {
    const found = targetModules(['head', 'a.b'], ['head.weight', 'a.b.weight', 'text.head.weight']);
    expect(found).toBe(String.raw`head|a\.b`);
    // PEFT: re.fullmatch(target_modules, key).
    const matches = (key: string) => new RegExp(`^(?:${found as string})$`).test(key);
    expect(['head', 'a.b', 'text.head', 'axb'].filter(matches)).toEqual(['head', 'a.b']);
  });
});

test('α is the rank everywhere; the most frequent one is the default', () => {
  const modules = [
    { name: 'b', rank: 4 },
    { name: 'a', rank: 8 },
    { name: 'text.b', rank: 8 },
    { name: 'c', rank: 2 },
  ];
  const facts = {
    modules,
    tensors: modules.map(({ name }) => `${name}.weight`),
    base: 'organisation/model',
    config: { architectures: ['LlamaForCausalLM'] },
    hasConv1d: false,
  };
  const ranks = { '^b': 4, c: 2 };
  // PEFT: re.match(rf"(.*\.)?({key})$", module).
  const matches = (module: string) => /^(.*\.)?(^b)$/.test(module);
  expect(['b', 'text.b'].map(matches)).toEqual([true, false]);
  expect(adapterConfig(facts)).toMatchObject({
    ...{ r: 8, lora_alpha: 8, rank_pattern: ranks, alpha_pattern: ranks, task_type: 'CAUSAL_LM' },
    base_model_name_or_path: 'organisation/model',
    fan_in_fan_out: false,
  });
});
