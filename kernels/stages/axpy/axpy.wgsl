// Stage axpy: a weighted sum of task vectors, one task at a time. Twin: axpy.ts

struct Params {
  count: u32,
  weight: f32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read_write> sum: array<u32>;
@group(0) @binding(2) var<storage, read> x: array<u32>;

override FIRST: bool;

fn each(i: u32) {
  let product = ftz(params.weight * flushed(x[i]));
  if (FIRST) {
    sum[i] = bitcast<u32>(product);
  } else {
    sum[i] = bitcast<u32>(ftz(flushed(sum[i]) + product));
  }
}
