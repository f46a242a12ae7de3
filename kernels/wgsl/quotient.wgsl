// Stage quotient: sums divided by the weights that went into them. Twin: quotient.ts

struct Params {
  count: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read_write> x: array<u32>;
@group(0) @binding(2) var<storage, read> share: array<u32>;

// The bits of 1e-8.
const LEAST_SHARE: u32 = 0x322bcc77u;

fn each(i: u32) {
  let divisor = ftz_bits(share[i]);
  var q = 0u;
  if ((divisor & MAGNITUDE) >= LEAST_SHARE) {
    q = divide(ftz_bits(x[i]), divisor);
  }
  x[i] = q;
}
