// Stage quantize_pack: float32 differences to packed codes of 1 to 8 bits, and the error. Twin: quantize_pack.ts One
// workgroup is one block of sums; the blocks' sums are added by the caller.

struct Params {
  count: u32,
  blocks: u32,
  words: u32,
  scale: f32,
  zero: f32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<vec4<u32>>;
// The value of each code.
@group(0) @binding(3) var<storage, read> table: array<f32>;
// {error, energy} of each block.
@group(0) @binding(4) var<storage, read_write> sums: array<vec2<f32>>;

fn code(value: f32) -> u32 {
  let levels = (1u << BITS) - 1u;
  let v = ftz(ftz(params.scale * value) + params.zero);
  let b = bitcast<u32>(v);
  if ((b & SIGN) != 0u || (b & 0x7fffffffu) > EXPONENT) {
    return 0u;
  }
  // Positive floats have the same order as their bits.
  if (b >= bitcast<u32>(f32(levels))) {
    return levels;
  }
  return u32(round(v));
}

@compute @workgroup_size(256)
fn main(in: Workgroup, @builtin(local_invocation_index) lane: u32) {
  let block = group_number(in);
  let first = (block * GROUP + lane) * LANE;
  var packing = Packing(0u, (block * GROUP + lane) * BITS, 0u);
  var errors = vec4<f32>();
  var energies = vec4<f32>();
  for (var k = first; k < first + LANE; k++) {
    let v = terms(x[k], k, params.count);
    var restored = vec4<f32>();
    for (var j = 0u; j < 4u; j++) {
      var c = 0u;
      if (k * 4u + j < params.count) {
        c = code(v[j]);
        restored[j] = table[c];
      }
      append(&packing, c, params.words);
    }
    let d = ftz4(v - restored);
    errors = ftz4(errors + ftz4(d * d));
    energies = ftz4(energies + ftz4(v * v));
  }
  let error = add_lanes(across(errors), lane);
  let energy = add_lanes(across(energies), lane);
  if (lane == 0u && block < params.blocks) {
    sums[block] = vec2<f32>(error, energy);
  }
}
