// Stage unify: EMR's elected vector, one task at a time. Twin: unify.ts

struct Params {
  count: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> total: array<u32>;
@group(0) @binding(2) var<storage, read> x: array<u32>;
@group(0) @binding(3) var<storage, read_write> unified: array<u32>;

override FIRST: bool;

fn each(i: u32) {
  let t = ftz_bits(total[i]);
  let v = ftz_bits(x[i]);
  let positive = t != 0u && (t & SIGN) == 0u;
  // Zero counts as positive, but a zero candidate is the same as none.
  let candidate = select(0u, v, ((v & SIGN) == 0u) == positive);
  if (FIRST) {
    unified[i] = candidate;
  } else {
    let u = ftz_bits(unified[i]);
    unified[i] = select(u, candidate, (candidate & MAGNITUDE) > (u & MAGNITUDE));
  }
}
