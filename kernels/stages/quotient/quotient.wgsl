// Stage quotient: sums divided by the weights that went into them. Twin: quotient.ts

struct Params {
  count: u32,
  // A positive float32.
  least: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read_write> x: array<u32>;
@group(0) @binding(2) var<storage, read> share: array<u32>;

fn each(i: u32) {
  let divisor = ftz_bits(share[i]);
  var q = ftz_bits(x[i]);
  if ((divisor & MAGNITUDE) >= params.least) {
    q = divide(q, divisor);
  }
  x[i] = q;
}
