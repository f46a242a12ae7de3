// Stage max_magnitude: the value of largest magnitude among tasks. Twin: max_magnitude.ts

struct Params {
  count: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read_write> best: array<u32>;
@group(0) @binding(2) var<storage, read> x: array<u32>;

override FIRST: bool;

fn each(i: u32) {
  var v = ftz_bits(x[i]);
  if (!FIRST) {
    let b = ftz_bits(best[i]);
    v = select(b, v, (v & MAGNITUDE) >= (b & MAGNITUDE));
  }
  best[i] = v;
}
