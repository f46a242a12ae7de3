/** Analyses like those of real models: errors fall by 6 dB per bit, some tensors are harder than others. */
import type { AnalysisTable } from '../../../extension/protocol/analysis.ts';
import type { TensorKind } from '../../../extension/protocol/tvq.ts';

const LAYER: readonly (readonly [role: string, kind: TensorKind, shape: readonly number[]])[] = [
  ['self_attn.q_proj', 'attention', [4, 4]],
  ['self_attn.k_proj', 'attention', [4, 1]],
  ['self_attn.v_proj', 'attention', [4, 1]],
  ['self_attn.o_proj', 'attention', [4, 4]],
  ['mlp.gate_proj', 'mlp', [11, 4]],
  ['mlp.up_proj', 'mlp', [11, 4]],
  ['mlp.down_proj', 'mlp', [4, 11]],
];
const ENDS: readonly (readonly [name: string, kind: TensorKind, shape: readonly number[]])[] = [
  ['model.embed_tokens.weight', 'embedding', [32, 4]],
  ['lm_head.weight', 'head', [32, 4]],
];
const NAMES = ['cars', 'dtd', 'eurosat', 'gtsrb', 'mnist', 'resisc45', 'sun397', 'svhn'];
const RATES = Array.from({ length: 30 }, (_, i) => 8 * 0.88 ** i);

export interface SampleOptions {
  /** Rounded up to whole layers. */
  readonly tensors: number;
  readonly tasks: number;
  /** Side of the smallest part of a shape. */
  readonly unit?: number;
  readonly layered?: boolean;
}

export function sampleTable({ tensors, tasks, unit = 1024, layered = true }: SampleOptions): AnalysisTable {
  const layers = Math.max(1, Math.ceil((tensors - ENDS.length) / LAYER.length));
  const scaled = (shape: readonly number[]) => shape.map(size => size * unit);
  const all = [
    ...ENDS.map(([name, kind, shape]) => ({ name, kind, shape: scaled(shape), layer: undefined })),
    ...Array.from({ length: layers }, (_, layer) =>
      LAYER.map(([role, kind, shape]) => ({
        name: layered ? `model.layers.${layer}.${role}.weight` : `part${layer}_${role}`,
        kind,
        shape: scaled(shape),
        layer: layered ? { stack: 'model.layers', number: layer, count: layers } : undefined,
      })),
    ).flat(),
  ];
  const names = Array.from({ length: tasks }, (_, t) => NAMES[t] ?? `task${t}`);
  const count = all.length * tasks;
  const slots = {
    tensor: new Uint32Array(count),
    task: new Uint32Array(count),
    energy: new Float64Array(count),
    exactBytes: new Float64Array(count),
    end: new Uint32Array(count),
  };
  const choices = { bits: [] as number[], bytes: [] as number[], error: [] as number[] };
  const random = randomFrom(7);
  let weights = 0;
  for (let slot = 0; slot < count; slot++) {
    const tensor = Math.floor(slot / tasks);
    const { shape, layer } = all[tensor] as (typeof all)[number];
    const elements = shape.reduce((product, size) => product * size, 1);
    const energy = elements * 1e-6 * (0.5 + random() + (layer?.number ?? 0) / layers);
    const hardness = 0.7 + 0.6 * random();
    slots.tensor[slot] = tensor;
    slots.task[slot] = slot % tasks;
    slots.energy[slot] = energy;
    slots.exactBytes[slot] = 4 * elements;
    for (const bits of RATES) {
      const bytes = 8 * Math.ceil((elements * bits) / 64);
      choices.bits.push((8 * bytes) / elements);
      choices.bytes.push(bytes);
      choices.error.push(energy * Math.min(0.98, hardness * 2 ** (-2 * bits)));
    }
    slots.end[slot] = choices.bits.length;
    weights += elements;
  }
  return {
    tasks: names,
    tensors: all,
    slots,
    choices: {
      bits: Float64Array.from(choices.bits),
      bytes: Float64Array.from(choices.bytes),
      error: Float64Array.from(choices.error),
    },
    fixedBytes: 4096 + 200 * count,
    fixedError: names.map(() => 0),
    fixedEnergy: names.map(() => 0),
    weights,
    fp32Bytes: 4 * weights,
  };
}

/** mulberry32. */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}
