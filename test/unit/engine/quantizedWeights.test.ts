import { rangeOf } from '../../../extension/formats/tensorSource.ts';
import { describe, expect, it } from 'vitest';
import type { Checkpoint } from '../../../extension/formats/checkpoint.ts';
import { DTYPE_BITS, elementCount, type Dtype } from '../../../extension/formats/dtype.ts';
import { quantizedFault } from '../../../extension/engine/match/quantizedWeights.ts';

type Made = Readonly<Record<string, readonly [Dtype, readonly number[]]>>;

function checkpoint(made: Made): Checkpoint {
  const tensors = Object.entries(made).map(([name, [dtype, shape]]) => {
    const bytes = (elementCount(shape) * DTYPE_BITS[dtype]) / 8;
    return [name, rangeOf('/m/model.safetensors', { name, dtype, shape, offset: 0, bytes })] as const;
  });
  return {
    path: '/m',
    name: 'm',
    files: ['/m/model.safetensors'],
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

const FLOATS: Made = { 'model.norm.weight': ['BF16', [8]], 'model.embed_tokens.weight': ['BF16', [4, 8]] };
const faultOf = (made: Made, quantization?: string) =>
  quantizedFault(checkpoint({ ...FLOATS, ...made }), { tied: undefined, quantization });

const KINDS: readonly (readonly [kind: string, made: Made])[] = [
  [
    'bitsandbytes 4-bit',
    { 'q.weight': ['U8', [16, 1]], 'q.weight.absmax': ['F32', [1]], 'q.weight.quant_map': ['F32', [16]] },
  ],
  ['bitsandbytes 8-bit', { 'q.weight': ['I8', [8, 8]], 'q.SCB': ['F32', [8]] }],
  [
    'GPTQ',
    {
      'q.qweight': ['I32', [1, 8]],
      'q.qzeros': ['I32', [1, 1]],
      'q.scales': ['F16', [1, 8]],
      'q.g_idx': ['I32', [8]],
    },
  ],
  ['GPTQ or AWQ', { 'q.qweight': ['I32', [8, 1]], 'q.qzeros': ['I32', [1, 1]], 'q.scales': ['F16', [1, 8]] }],
  ['compressed-tensors', { 'q.weight_packed': ['I32', [8, 1]], 'q.weight_scale': ['BF16', [8, 1]] }],
  ['8-bit with scales', { 'q.weight': ['I8', [8, 8]], 'q.weight_scale': ['F32', [8, 1]] }],
  ['8-bit with scales', { 'q.weight': ['F8_E4M3', [8, 8]], 'q.weight_scale_inv': ['F32', [1, 1]] }],
  [
    'ComfyUI scaled 8-bit float',
    { scaled_fp8: ['F8_E4M3', [2]], 'q.weight': ['F8_E4M3', [8, 8]], 'q.scale_weight': ['F32', [1]] },
  ],
  ['MXFP4', { 'e.gate_up_proj_blocks': ['U8', [2, 8, 16]], 'e.gate_up_proj_scales': ['U8', [2, 8]] }],
  ['8-bit float', { 'q.weight': ['F8_E5M2', [8, 8]] }],
  ['integer', { 'q.weight': ['U8', [8, 8]] }],
  ['HQQ', { 'q.W_q': ['U8', [8, 4]], 'q.meta': ['F32', [1]] }],
  // Under unknown names: recognised by what scales them.
  [
    'integer',
    {
      'q.weight._data._data': ['U8', [8, 4]],
      'q.weight._scale': ['F32', [8]],
      'q.weight._shift': ['F32', [8]],
    },
  ],
  ['integer', { 'q._weight_qdata': ['I8', [8, 8]], 'q._weight_scale': ['F32', [8]] }],
  ['integer', { 'q.weight:_data': ['I8', [8, 8]], 'q.weight:_scale': ['F32', [8]] }],
  [
    'integer',
    { 'q.indices': ['I32', [1, 8, 2]], 'q.centroids.weight': ['F16', [1, 16]], 'q.perm': ['I16', [8]] },
  ],
  ['integer', { 'q.B': ['I32', [1, 16]], 'q.s': ['F16', [1, 8]] }],
  ['integer', { 'q.Qidxs': ['I16', [8, 1]], 'q.SU': ['F16', [8]], 'q.SV': ['F16', [8]] }],
  ['integer', { 'q.dense_weights': ['I64', [8]], 'q.row_offsets': ['I32', [9]], 'q.col_vals': ['I32', [4]] }],
  ['integer', { 'e.gate_up_proj': ['I8', [2, 8, 8]], 'e.gate_up_proj_scale': ['F32', [2, 8]] }],
];

describe('weights that are codes', () => {
  it.each(KINDS)('%s', (kind, made) => {
    const fault = faultOf(made);
    expect(fault).toContain(`/m/model.safetensors: ${kind} weights: tensor "`);
    expect(fault?.split('\n')).toHaveLength(1);
  });

  it('under any name, where the config says so', () => {
    expect(faultOf({ 'q.payload': ['U8', [8, 8]] }, 'vptq')).toContain(
      'vptq (integer) weights: tensor "q.payload"',
    );
    expect(faultOf({ 'q.payload': ['U8', [8, 8]] })).toBeUndefined();
    expect(faultOf({ 'h.0.attn.bias': ['U8', [1, 1, 8, 8]] }, 'gptq')).toBeUndefined();
  });

  it('the name that the config gives the method is used', () => {
    const made: Made = { 'q.weight': ['F8_E4M3', [8, 8]], 'q.weight_scale_inv': ['F32', [1, 1]] };
    expect(faultOf(made, 'fp8')).toContain('FP8 (8-bit with scales) weights');
    expect(faultOf({ 'q.qweight': ['I32', [8, 1]] }, 'awq')).toContain('GPTQ or AWQ weights');
  });
});

describe('weights that are numbers', () => {
  it.each([
    ['floats alone', {}],
    ['integers that a model has', { position_ids: ['I64', [1, 8]], 'h.0.attn.bias': ['U8', [1, 1, 8, 8]] }],
    [
      'floats that are called scales or codebooks',
      { 'vq.codebooks': ['F32', [4, 8]], 'q.weight_scale': ['F32', [8]] },
    ],
    [
      'an index beside a table and its scale',
      { 'attn.relative_position_index': ['I64', [4, 4]], 'attn.logit_scale': ['F32', [2, 1, 1]] },
    ],
    [
      'such floats beside integers of another module',
      { 'vq.codebooks': ['F32', [4, 8]], 'x.position_ids': ['I64', [1, 8]] },
    ],
  ] as const)('%s', (_, made) => {
    expect(faultOf(made as Made)).toBeUndefined();
  });
});
