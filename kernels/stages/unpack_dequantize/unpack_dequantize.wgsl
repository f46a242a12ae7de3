// Stage unpack_dequantize: packed codes to float32 by table, plus an addend. Twin: unpack_dequantize.ts

struct Params {
  count: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(2) var<storage, read> table: array<u32>;
@group(0) @binding(3) var<storage, read> addend: array<u32>;
@group(0) @binding(4) var<storage, read_write> out: array<u32>;

override ADDEND: u32;

fn each(i: u32) {
  var value = table[code_at(i)];
  if (ADDEND != NONE) {
    let a = decode(ADDEND, addend[word_of(ADDEND, i)], i);
    let sum = ftz_bits(bitcast<u32>(bitcast<f32>(a) + bitcast<f32>(value)));
    // Table values are finite, so an infinity or NaN in the addend stays unchanged.
    value = select(sum, a, non_finite(a));
  }
  out[i] = value;
}
