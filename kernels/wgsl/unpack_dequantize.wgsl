// Stage unpack_dequantize: packed codes to float32 by table, plus an addend. Twin: unpack_dequantize.ts

struct Params {
  count: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> codes: array<u32>;
@group(0) @binding(2) var<storage, read> table: array<u32>;
@group(0) @binding(3) var<storage, read> addend: array<u32>;
@group(0) @binding(4) var<storage, read_write> out: array<u32>;

override BITS: u32;
override ADDEND: u32;

@compute @workgroup_size(256)
fn main(
  @builtin(workgroup_id) id: vec3<u32>,
  @builtin(num_workgroups) groups: vec3<u32>,
  @builtin(local_invocation_index) lane: u32,
) {
  let first = group_number(id, groups) * TILE;
  for (var k = 0u; k < TILE; k += GROUP) {
    let i = first + k + lane;
    if (i < params.count) {
      let bit = i * BITS;
      let shift = bit & 31u;
      var c = codes[bit >> 5u] >> shift;
      if (shift + BITS > 32u) {
        c |= codes[(bit >> 5u) + 1u] << (32u - shift);
      }
      var value = table[c & ((1u << BITS) - 1u)];
      if (ADDEND != NONE) {
        let a = decode(ADDEND, addend[word_of(ADDEND, i)], i);
        let sum = ftz_bits(bitcast<u32>(bitcast<f32>(a) + bitcast<f32>(value)));
        // Table values are finite, so that an infinity or NaN stays what it is.
        value = select(sum, a, non_finite(a));
      }
      out[i] = value;
    }
  }
}
