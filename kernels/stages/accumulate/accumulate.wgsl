// Stage accumulate: the running sum of fine-tuned checkpoints. Twin: accumulate.ts

struct Params {
  count: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> tuned: array<u32>;
@group(0) @binding(2) var<storage, read_write> sum: array<u32>;

override TUNED: u32;
override FIRST: bool;

fn each(i: u32) {
  let t = decode(TUNED, tuned[word_of(TUNED, i)], i);
  if (FIRST) {
    sum[i] = t;
  } else {
    let s = ftz_bits(sum[i]);
    let total = ftz_bits(bitcast<u32>(bitcast<f32>(s) + bitcast<f32>(t)));
    // As in delta_minmax, a non-finite value stays non-finite.
    sum[i] = select(total, QUIET_NAN, non_finite(s) || non_finite(t));
  }
}
