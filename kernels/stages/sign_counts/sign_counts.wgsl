// Stage sign_counts: how many values are above and below zero. Twin: sign_counts.ts

struct Params {
  count: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(2) var<storage, read> x: array<u32>;

fn each(i: u32) -> vec2<u32> {
  let v = ftz_bits(x[i]);
  if (v == 0u) {
    return vec2<u32>();
  }
  return select(vec2<u32>(1u, 0u), vec2<u32>(0u, 1u), (v & SIGN) != 0u);
}
