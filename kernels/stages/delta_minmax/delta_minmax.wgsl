// Stage delta_minmax: the task vector of one chunk, its smallest and its largest value. Twin: delta_minmax.ts

struct Params {
  count: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> tuned: array<u32>;
@group(0) @binding(2) var<storage, read> reference: array<u32>;
@group(0) @binding(3) var<storage, read_write> out: array<u32>;

override TUNED: u32;
override REFERENCE: u32;
override STORE: bool;

fn each(i: u32) -> u32 {
  let t = decode(TUNED, tuned[word_of(TUNED, i)], i);
  var x = t;
  if (REFERENCE != NONE) {
    let r = decode(REFERENCE, reference[word_of(REFERENCE, i)], i);
    x = ftz_bits(bitcast<u32>(bitcast<f32>(t) - bitcast<f32>(r)));
    let bad = non_finite(t) || non_finite(r) || non_finite(x);
    // A compiler may assume that there are no infinities; this keeps the result non-finite.
    x = select(x, QUIET_NAN, bad);
  }
  if (STORE) {
    out[i] = x;
  }
  return x;
}
