// Stage consensus_vote: one task's votes for the values that matter to it. Twin: consensus_vote.ts

struct Params {
  count: u32,
  lambda: f32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> total: array<u32>;
@group(0) @binding(2) var<storage, read> x: array<u32>;
@group(0) @binding(3) var<storage, read_write> votes: array<u32>;

override FIRST: bool;

fn each(i: u32) {
  let v = ftz_bits(x[i]);
  let others = abs(ftz(flushed(total[i]) - bitcast<f32>(v)));
  let bound = ftz(params.lambda * others);
  // Magnitudes have the same order as their bits.
  let vote = select(0.0, 1.0, (v & MAGNITUDE) > bitcast<u32>(bound));
  if (FIRST) {
    votes[i] = bitcast<u32>(vote);
  } else {
    votes[i] = bitcast<u32>(ftz(flushed(votes[i]) + vote));
  }
}
