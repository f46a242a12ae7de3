// Stage quantize_groups: float32 values to packed codes of 1 to 8 bits by boundaries, after scaling each group. Twin:
// quantize_groups.ts All values of one invocation belong to one group.

struct Params {
  count: u32,
  words: u32,
  group_size: u32,
  // Of the first group in the scales' window.
  byte: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<vec4<u32>>;
@group(0) @binding(3) var<storage, read> scales: array<u32>;
// 256 inverse scales, then the boundaries.
@group(0) @binding(4) var<storage, read> table: array<f32>;

// Vectors of one invocation.
const LANE: u32 = 8u;

// Integers in the same order as the flushed floats.
fn ordered(v: f32) -> i32 {
  let b = bitcast<u32>(v);
  return bitcast<i32>(select(b, b ^ MAGNITUDE, (b & SIGN) != 0u));
}

// How many boundaries a value reaches.
fn code(value: f32) -> u32 {
  if ((bitcast<u32>(value) & MAGNITUDE) > EXPONENT) {
    return 0u;
  }
  let v = ordered(value);
  var found = 0u;
  for (var step = 1u << (BITS - 1u); step > 0u; step >>= 1u) {
    if (v >= ordered(table[256u + found + step - 1u])) {
      found += step;
    }
  }
  return found;
}

@compute @workgroup_size(256)
fn main(in: Workgroup, @builtin(local_invocation_index) lane: u32) {
  let part = group_number(in) * GROUP + lane;
  let first = part * LANE;
  if (first * 4u >= params.count) {
    return;
  }
  let scale = params.byte + first * 4u / params.group_size;
  let inverse = table[(scales[scale >> 2u] >> ((scale & 3u) * 8u)) & 0xffu];
  var packing = Packing(0u, part * BITS, 0u);
  for (var k = first; k < first + LANE; k++) {
    let v = ftz4(ftz4(bitcast<vec4<f32>>(x[k])) * inverse);
    for (var j = 0u; j < 4u; j++) {
      var c = 0u;
      if (k * 4u + j < params.count) {
        c = code(v[j]);
      }
      append(&packing, c, params.words);
    }
  }
}
