// Stage dequantize_groups: packed codes to float32 by a table, then scaling by groups. Twin: dequantize_groups.ts

struct Params {
  count: u32,
  group_size: u32,
  // Of the first group in the window of scales.
  byte: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> codes: array<u32>;
@group(0) @binding(2) var<storage, read> scales: array<u32>;
// 256 scales, then the values of the codes.
@group(0) @binding(3) var<storage, read> table: array<f32>;
@group(0) @binding(4) var<storage, read_write> out: array<f32>;

override BITS: u32;

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
      let scale = params.byte + i / params.group_size;
      let byte = (scales[scale >> 2u] >> ((scale & 3u) * 8u)) & 0xffu;
      out[i] = ftz(table[256u + (c & ((1u << BITS) - 1u))] * table[byte]);
    }
  }
}
