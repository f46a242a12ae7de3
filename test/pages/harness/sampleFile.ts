import { ValueSums } from '../../../extension/engine/inspect/valueSums.ts';
import type { TaskComparisons } from '../../../extension/protocol/comparison.ts';
import type { TensorDetail, TensorRow } from '../../../extension/protocol/tensors.ts';
import type { TensorKind, TvqSummary } from '../../../extension/protocol/tvq.ts';
import { translatable } from '../../../extension/shared/translatable.ts';

const TASKS = ['cars', 'dtd', 'eurosat', 'gtsrb', 'mnist', 'resisc45', 'sun397', 'svhn'];
const VECTORS = [...TASKS, '@shared'];
const WIDTH = 1024;

interface Tensor {
  readonly name: string;
  readonly kind: TensorKind;
  readonly shape: readonly number[];
}

const block = (layer: number): Tensor[] => {
  const prefix = `model.visual.transformer.resblocks.${layer}`;
  return [
    { name: `${prefix}.attn.in_proj_weight`, kind: 'attention', shape: [3 * WIDTH, WIDTH] },
    { name: `${prefix}.attn.in_proj_bias`, kind: 'bias', shape: [3 * WIDTH] },
    { name: `${prefix}.attn.out_proj.weight`, kind: 'attention', shape: [WIDTH, WIDTH] },
    { name: `${prefix}.attn.out_proj.bias`, kind: 'bias', shape: [WIDTH] },
    { name: `${prefix}.ln_1.weight`, kind: 'norm', shape: [WIDTH] },
    { name: `${prefix}.ln_1.bias`, kind: 'norm', shape: [WIDTH] },
    { name: `${prefix}.mlp.c_fc.weight`, kind: 'mlp', shape: [4 * WIDTH, WIDTH] },
    { name: `${prefix}.mlp.c_fc.bias`, kind: 'bias', shape: [4 * WIDTH] },
    { name: `${prefix}.mlp.c_proj.weight`, kind: 'mlp', shape: [WIDTH, 4 * WIDTH] },
    { name: `${prefix}.mlp.c_proj.bias`, kind: 'bias', shape: [WIDTH] },
    { name: `${prefix}.ln_2.weight`, kind: 'norm', shape: [WIDTH] },
    { name: `${prefix}.ln_2.bias`, kind: 'norm', shape: [WIDTH] },
  ];
};

const ENDS: readonly Tensor[] = [
  { name: 'model.visual.class_embedding', kind: 'embedding', shape: [WIDTH] },
  { name: 'model.visual.conv1.weight', kind: 'convolution', shape: [WIDTH, 3, 14, 14] },
  { name: 'model.visual.positional_embedding', kind: 'embedding', shape: [257, WIDTH] },
  { name: 'model.visual.proj', kind: 'head', shape: [WIDTH, 768] },
  { name: 'model.logit_scale', kind: 'other', shape: [] },
];

function rowOf(tensor: Tensor, vector: string, seed: number): TensorRow {
  const count = tensor.shape.reduce((product, size) => product * size, 1);
  const quantized = tensor.shape.length > 1;
  const bits = vector === '@shared' ? 3 : 2;
  return {
    tensor: tensor.name,
    vector,
    shape: tensor.shape,
    dtype: 'F32',
    codec: quantized ? 'affine' : tensor.shape.length === 0 ? 'same' : 'exact',
    bits: quantized ? bits : undefined,
    bytes: quantized ? Math.ceil((count * bits) / 8) : tensor.shape.length === 0 ? 0 : count * 4,
    error: quantized
      ? (0.05 + 0.4 * Math.abs(Math.sin(seed * 12.9898))) * (vector === '@shared' ? 0.1 : 1)
      : undefined,
  };
}

/** This many rows of an RTVQ file of eight ViT-L/14 image encoders, with as many layers as needed. */
export function sampleRows(count: number): TensorRow[] {
  const rows: TensorRow[] = [];
  const add = (tensor: Tensor) => {
    for (const vector of VECTORS) rows.push(rowOf(tensor, vector, rows.length));
  };
  ENDS.forEach(add);
  for (let layer = 0; rows.length < count; layer++) block(layer).forEach(add);
  return rows.slice(0, count);
}

/** The summary that goes with `sampleRows`; its numbers come from the real model. */
export function sampleSummary(rows: number): TvqSummary {
  return {
    kind: 'tvq',
    file: '/home/someone/models/vit-l14-8tasks.tvq',
    bytes: 735_102_464,
    formatVersion: 1,
    tool: 'tvq 0.1.0',
    created: '2026-11-22T09:05:00',
    scheme: 'rtvq',
    bits: 2,
    baseBits: 3,
    base: { name: 'openai/clip-vit-large-patch14', fingerprint: '9f3a61c0d2b84e7a' },
    tasks: TASKS.map((name, at) => ({
      name,
      fingerprint: `${at}b1e`,
      checkpoint: `ViT-L-14-${name}`,
      bytes: 77_490_176,
      bits: 2,
      relativeError: 0.11 + 0.013 * ((at * 5) % 8),
    })),
    unreadable: [],
    shared: { bits: 3, bytes: 114_745_344, relativeError: 0.0412 },
    bitsPerWeight: 2.4184,
    parameters: 303_966_208,
    fp32Bytes: 9_726_918_656,
    tensors: { quantized: 792, kept: 1576, unchanged: 8 },
    parts: { codes: 716_701_696, scales: 25_344, exact: 17_965_056, files: 0, header: 410_368 },
    files: [],
    groups: [
      { group: 'mlp', codes: 477_626_368, exact: 0 },
      { group: 'attention', codes: 235_929_600, exact: 0 },
      { group: 'bias', codes: 0, exact: 11_640_832 },
      { group: 'norm', codes: 0, exact: 6_291_456 },
      { group: 'head', codes: 1_867_776, exact: 0 },
      { group: 'embedding', codes: 623_104, exact: 32_768 },
      { group: 'convolution', codes: 654_848, exact: 0 },
    ],
    layers: [
      ...Array.from({ length: 24 }, (_, layer) => ({
        group: String(layer),
        codes: 29_731_499 + 1000 * layer,
        exact: 747_180,
      })),
      { group: 'outside', codes: 3_145_728, exact: 32_768 },
    ],
    codecs: [
      { group: 'affine 2', codes: 601_956_352, exact: 0 },
      { group: 'affine 3', codes: 114_745_344, exact: 0 },
      { group: 'exact', codes: 0, exact: 17_965_056 },
    ],
    rows,
    recipe: {
      scheme: 'rtvq',
      bits: 2,
      baseBits: 3,
      preset: 'default',
      keep: ['visual.proj$'],
      tasks: TASKS.map(name => ({ name, path: `ViT-L-14-${name}` })),
    },
  };
}

/** Deterministic noise of a normal distribution: the sum of twelve uniform values. */
function normal(): () => number {
  let state = 1;
  const uniform = () => (state = (Math.imul(state, 1664525) + 1013904223) >>> 0) / 2 ** 32;
  return () => Array.from({ length: 12 }, uniform).reduce((sum, value) => sum + value, -6);
}

/** A tensor that fine-tuning did not change. */
const unchanged = (vector: string, tensor: string): TensorDetail => ({
  tensor,
  vector,
  shape: [],
  dtype: 'F32',
  codec: 'same',
  bytes: 0,
  error: undefined,
  facts: [],
  codes: undefined,
  meaning: 'task vector',
  values: undefined,
});

/** The details of a quantized tensor of the file: a normal task vector of `side` by `side`, stronger in some rows. */
export function sampleDetail(vector: string, tensor: string, side = 256): TensorDetail {
  if (tensor === 'model.logit_scale') return unchanged(vector, tensor);
  const [rows, columns, bits] = [side, side, 4];
  const next = normal();
  const values = Float32Array.from({ length: rows * columns }, (_, i) => {
    const strong = 1 + Math.abs(Math.sin(i / columns / 20)) + (i % columns > 192 ? 1 : 0);
    return Math.round(Math.min(7, Math.max(-8, next() * strong))) * 0.0005;
  });
  const sums = new ValueSums({ min: -0.004, max: 0.0035 }, [rows, columns], values.length);
  sums.add(values);
  const counts = Array.from({ length: 2 ** bits }, () => 0);
  for (const value of values) counts[Math.round(value / 0.0005) + 8]!++;
  return {
    tensor,
    vector,
    shape: [rows, columns],
    dtype: 'F32',
    codec: 'affine',
    bytes: 32_768,
    error: 0.0213,
    facts: [
      { name: 'bits', value: bits, meaning: translatable('Width of a code.') },
      { name: 'step', value: 0.0005, meaning: translatable('Distance between neighbouring values.') },
      { name: 'scale', value: 2000, meaning: translatable('Codes per unit of value: 1 / step.') },
      { name: 'zero point', value: 8, meaning: translatable('The code that stands for 0.') },
    ],
    codes: { from: 0, to: 16, counts },
    meaning: 'task vector',
    values: sums.result(),
  };
}

/** How the tasks of the file relate to each other. */
export function sampleComparisons(most: number | undefined): TaskComparisons {
  const matrix = (of: (i: number, j: number) => number | null) =>
    TASKS.map((_, i) => TASKS.map((_, j) => of(i, j)));
  const near = (i: number, j: number) => Math.sin((i + 1) * (j + 1)) * 0.3;
  return {
    tasks: TASKS,
    tensors: most ?? 99,
    comparable: 99,
    leftOut: 197,
    weights: most === undefined ? 303_366_144 : 50_331_648,
    norms: TASKS.map((_, i) => 2.5 + 0.21 * i),
    cosines: matrix((i, j) => (i === j ? 1 : near(i, j))),
    agreement: matrix((i, j) => (i === j ? 1 : 0.5 + near(i, j) / 2)),
    together: TASKS.map((_, i) => TASKS.map((_, j) => (i === j ? 0.61 : 0.37))),
  };
}
