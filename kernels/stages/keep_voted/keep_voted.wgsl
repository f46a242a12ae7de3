// Stage keep_voted: values with too few votes become zero. Twin: keep_voted.ts

struct Params {
  count: u32,
  least: f32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(2) var<storage, read_write> x: array<u32>;
@group(0) @binding(3) var<storage, read> votes: array<u32>;

fn each(i: u32) -> vec2<u32> {
  var v = ftz_bits(x[i]);
  if (flushed(votes[i]) < params.least) {
    v = 0u;
  }
  x[i] = v;
  return vec2<u32>(select(0u, 1u, v != 0u), 0u);
}
