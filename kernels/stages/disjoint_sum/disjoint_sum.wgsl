// Stage disjoint_sum: the sum of the weighted values that have the elected sign, and of their weights. Twin:
// disjoint_sum.ts

struct Params {
  count: u32,
  zero_sign: f32,
  weight: f32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> total: array<u32>;
@group(0) @binding(2) var<storage, read> x: array<u32>;
@group(0) @binding(3) var<storage, read_write> sum: array<u32>;
@group(0) @binding(4) var<storage, read_write> share: array<u32>;

override FIRST: bool;

fn each(i: u32) {
  let v = ftz_bits(x[i]);
  var elected = ftz_bits(total[i]);
  if (elected == 0u) {
    elected = bitcast<u32>(params.zero_sign);
  }
  var s = 0u;
  var w = 0u;
  if (!FIRST) {
    s = ftz_bits(sum[i]);
    w = ftz_bits(share[i]);
  }
  // The sign of weight·v, judged by its factors.
  let sign = v ^ bitcast<u32>(params.weight);
  if (v != 0u && elected != 0u && ((sign ^ elected) & SIGN) == 0u) {
    s = bitcast<u32>(ftz(bitcast<f32>(s) + ftz(params.weight * bitcast<f32>(v))));
    w = bitcast<u32>(ftz(bitcast<f32>(w) + params.weight));
  }
  sum[i] = s;
  share[i] = w;
}
