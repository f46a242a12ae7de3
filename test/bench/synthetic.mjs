/** Synthetic checkpoints in the shapes of real models, made with little effort. */
import { open } from 'node:fs/promises';

/** Values of the noise that all tensors are cut from: 16 MiB, more than caches hold. */
const POOL = 4 * 2 ** 20;

/** Tensor names and shapes; `blocks: 24` is ViT-L/14 with 303 M parameters, 1.21 GB in F32. */
export function vitShapes(blocks, width = 1024) {
  const shapes = [
    ['class_embedding', [width]],
    ['positional_embedding', [257, width]],
    ['conv1.weight', [width, 3, 14, 14]],
    ['ln_pre.weight', [width]],
    ['ln_pre.bias', [width]],
    ['ln_post.weight', [width]],
    ['ln_post.bias', [width]],
    ['proj', [width, 768]],
  ];
  for (let i = 0; i < blocks; i++) {
    const name = part => `transformer.resblocks.${i}.${part}`;
    shapes.push(
      [name('ln_1.weight'), [width]],
      [name('ln_1.bias'), [width]],
      [name('attn.in_proj_weight'), [3 * width, width]],
      [name('attn.in_proj_bias'), [3 * width]],
      [name('attn.out_proj.weight'), [width, width]],
      [name('attn.out_proj.bias'), [width]],
      [name('ln_2.weight'), [width]],
      [name('ln_2.bias'), [width]],
      [name('mlp.c_fc.weight'), [4 * width, width]],
      [name('mlp.c_fc.bias'), [4 * width]],
      [name('mlp.c_proj.weight'), [width, 4 * width]],
      [name('mlp.c_proj.bias'), [width]],
    );
  }
  return shapes;
}

/** Tensor names and shapes of a Llama with 468 M parameters (0.94 GB in BF16) at 24 layers. */
export function llamaShapes(layers, width = 1152, inner = 3216, vocabulary = 32_000) {
  const shapes = [['model.embed_tokens.weight', [vocabulary, width]]];
  for (let i = 0; i < layers; i++) {
    const name = part => `model.layers.${i}.${part}.weight`;
    shapes.push(
      [name('input_layernorm'), [width]],
      [name('mlp.down_proj'), [width, inner]],
      [name('mlp.gate_proj'), [inner, width]],
      [name('mlp.up_proj'), [inner, width]],
      [name('post_attention_layernorm'), [width]],
      ...['q_proj', 'k_proj', 'v_proj', 'o_proj'].map(part => [name(`self_attn.${part}`), [width, width]]),
    );
  }
  return [...shapes, ['model.norm.weight', [width]], ['lm_head.weight', [vocabulary, width]]];
}

/** Gaussian noise of standard deviation `sigma` from a fixed seed (mulberry32, Box–Muller). */
function noise(seed, sigma) {
  const values = new Float32Array(POOL);
  const random = () => {
    seed = (seed + 0x6d2b79f5) | 0;
    let t = Math.imul(seed ^ (seed >>> 15), 1 | seed);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
  for (let i = 0; i < POOL; i += 2) {
    const radius = sigma * Math.sqrt(-2 * Math.log(1 - random()));
    const angle = 2 * Math.PI * random();
    values[i] = radius * Math.cos(angle);
    values[i + 1] = radius * Math.sin(angle);
  }
  return values;
}

const weights = noise(1, 0.02);
const drift = noise(2, 0.001);

/** Writes a checkpoint: weights cut from one pool, plus for task t > 0 a drift cut from another.
 * @param dtype F32 or BF16 */
export async function writeCheckpoint(path, shapes, task, dtype = 'F32') {
  const width = dtype === 'BF16' ? 2 : 4;
  const header = {};
  let offset = 0;
  for (const [name, shape] of shapes) {
    const bytes = width * shape.reduce((a, b) => a * b, 1);
    header[name] = { dtype, shape, data_offsets: [offset, offset + bytes] };
    offset += bytes;
  }
  const text = Buffer.from(JSON.stringify(header));
  const prefix = Buffer.alloc(8 + Math.ceil(text.length / 8) * 8, ' ');
  prefix.writeBigUInt64LE(BigInt(prefix.length - 8));
  text.copy(prefix, 8);
  const file = await open(path, 'w');
  await file.write(prefix);
  const chunk = new Float32Array(POOL / 2);
  for (const [index, [, shape]] of shapes.entries()) {
    for (
      let left = shape.reduce((a, b) => a * b, 1), at = (index * 7919) % (POOL / 2);
      left > 0;
      left -= chunk.length
    ) {
      const count = Math.min(left, chunk.length);
      chunk.set(weights.subarray(at, at + count));
      const shift = (at + task * 104729) % (POOL / 2);
      if (task > 0) for (let i = 0; i < count; i++) chunk[i] += drift[shift + i];
      await file.write(width === 2 ? upperHalves(chunk, count) : new Uint8Array(chunk.buffer, 0, 4 * count));
    }
  }
  await file.close();
}

/** BF16 of float32 values, rounded towards zero. */
function upperHalves(values, count) {
  const halves = new Uint16Array(values.buffer, 0, 2 * count);
  const upper = new Uint16Array(count);
  for (let i = 0; i < count; i++) upper[i] = halves[2 * i + 1];
  return new Uint8Array(upper.buffer);
}
