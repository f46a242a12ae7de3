// Stage trim: values of small magnitude become zero. Twin: trim.ts

struct Params {
  count: u32,
  threshold: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(2) var<storage, read_write> x: array<u32>;

fn each(i: u32) -> vec2<u32> {
  var v = ftz_bits(x[i]);
  if ((v & MAGNITUDE) < params.threshold) {
    v = 0u;
  }
  x[i] = v;
  return vec2<u32>(select(0u, 1u, v != 0u), 0u);
}
