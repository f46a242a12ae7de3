// Stage dequantize_groups: packed codes to float32 by a table, then scaling by groups. Twin: dequantize_groups.ts

struct Params {
  count: u32,
  group_size: u32,
  // Of the first group in the scales' window.
  byte: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(2) var<storage, read> scales: array<u32>;
// 256 scales, then the values of the codes.
@group(0) @binding(3) var<storage, read> table: array<f32>;
@group(0) @binding(4) var<storage, read_write> out: array<f32>;

fn each(i: u32) {
  let scale = params.byte + i / params.group_size;
  let byte = (scales[scale >> 2u] >> ((scale & 3u) * 8u)) & 0xffu;
  out[i] = ftz(table[256u + code_at(i)] * table[byte]);
}
