import type { TensorKind, TensorRow, TvqSummary } from '../../../../extension/protocol.ts';

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

/** So many rows of an RTVQ file of eight ViT-L/14 image encoders, as deep as it takes to have them. */
export function sampleRows(count: number): TensorRow[] {
  const rows: TensorRow[] = [];
  const add = (tensor: Tensor) => {
    for (const vector of VECTORS) rows.push(rowOf(tensor, vector, rows.length));
  };
  ENDS.forEach(add);
  for (let layer = 0; rows.length < count; layer++) block(layer).forEach(add);
  return rows.slice(0, count);
}

/** The summary that goes with `sampleRows`; its numbers are those of the real model. */
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
    shared: { bits: 3, bytes: 114_745_344, relativeError: 0.0412 },
    bitsPerWeight: 2.4184,
    parameters: 303_966_208,
    fp32Bytes: 9_726_918_656,
    tensors: { quantized: 792, kept: 1576, unchanged: 8 },
    parts: { codes: 716_701_696, scales: 25_344, exact: 17_965_056, header: 410_368 },
    groups: [
      { group: 'embedding', codes: 623_104, exact: 32_768 },
      { group: 'mlp', codes: 477_626_368, exact: 0 },
      { group: 'attention', codes: 235_929_600, exact: 0 },
      { group: 'norm', codes: 0, exact: 6_291_456 },
      { group: 'head', codes: 1_867_776, exact: 0 },
      { group: 'convolution', codes: 654_848, exact: 0 },
      { group: 'bias', codes: 0, exact: 11_640_832 },
    ],
    rows,
    recipe: {},
  };
}
