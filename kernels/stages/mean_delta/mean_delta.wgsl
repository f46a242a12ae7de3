// Stage mean_delta: the task vector of the mean of checkpoints (the shared base vector). Twin: mean_delta.ts

struct Params {
  count: u32,
  tasks: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> sum: array<u32>;
@group(0) @binding(2) var<storage, read> base: array<u32>;
// Holds the sum when IN_PLACE: a buffer cannot be bound for reading and for writing at once.
@group(0) @binding(3) var<storage, read_write> out: array<u32>;

override BASE: u32;
override IN_PLACE: bool;

// b / tasks for the bits b of a finite float32 that is 0 or normal and 1 <= tasks <= 127, correctly rounded
// and flushed. WGSL's own division may be 2.5 units off.
fn divide(b: u32, tasks: u32) -> u32 {
  let exponent = (b & EXPONENT) >> 23u;
  let dividend = ((b & 0x007fffffu) | 0x00800000u) << 8u;
  // At least 2^31 / 127 > 2^24: 24 bits of the result and one or more to round by. The remainder is sticky.
  let quotient = dividend / tasks;
  let remainder = dividend - quotient * tasks;
  let leading = countLeadingZeros(quotient);
  let drop = 8u - leading;
  let dropped = quotient & ((1u << drop) - 1u);
  let half = 1u << (drop - 1u);
  var mantissa = quotient >> drop;
  let above = dropped > half || (dropped == half && (remainder != 0u || (mantissa & 1u) == 1u));
  mantissa += select(0u, 1u, above);
  // Below 2^-126. No quotient of a float by a small integer lies close enough below 2^-126 to be rounded to
  // it.
  if (exponent <= leading) {
    return 0u;
  }
  // The mantissa's leading bit adds the 1 that is missing here; a carry out of it adds another.
  return (b & SIGN) | (((exponent - leading - 1u) << 23u) + mantissa);
}

fn each(i: u32) -> u32 {
  var s = 0u;
  if (IN_PLACE) {
    s = ftz_bits(out[i]);
  } else {
    s = ftz_bits(sum[i]);
  }
  let r = decode(BASE, base[word_of(BASE, i)], i);
  let bad = non_finite(s) || non_finite(r);
  let mean = divide(s, params.tasks);
  var x = ftz_bits(bitcast<u32>(bitcast<f32>(mean) - bitcast<f32>(r)));
  x = select(x, QUIET_NAN, bad);
  out[i] = x;
  return x;
}
