// Stage encode: float32 to a checkpoint's element type, round to nearest even. Twin: encode.ts
// Integers only: WGSL leaves the rounding of its own conversions to the device.

struct Params {
  // Words to write, and elements.
  count: u32,
  elements: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(2) var<storage, read> x: array<u32>;
@group(0) @binding(3) var<storage, read_write> out: array<u32>;

override TYPE: u32;

// Smallest magnitudes that round to infinity: 65520 as f16, the middle between the largest bf16 and 2^128.
const F16_OVERFLOW: u32 = 0x477ff000u;
const BF16_OVERFLOW: u32 = 0x7f7f8000u;

fn to_bf16(b: u32) -> u32 {
  if ((b & MAGNITUDE) > EXPONENT) {
    return QUIET_NAN >> 16u;
  }
  return (b + 0x7fffu + ((b >> 16u) & 1u)) >> 16u;
}

fn to_f16(b: u32) -> u32 {
  let sign = (b >> 16u) & 0x8000u;
  let a = b & MAGNITUDE;
  if (a > EXPONENT) {
    return 0x7e00u;
  }
  if (a >= F16_OVERFLOW) {
    return sign | 0x7c00u;
  }
  // 2^-14 and more: a normal f16.
  if (a >= 0x38800000u) {
    return sign | ((a + 0xfffu + ((a >> 13u) & 1u) - 0x38000000u) >> 13u);
  }
  // 2^-25, half of the smallest subnormal, and less.
  if (a <= 0x33000000u) {
    return sign;
  }
  let mantissa = (a & 0x007fffffu) | 0x00800000u;
  let drop = 126u - (a >> 23u);
  let kept = mantissa >> drop;
  let dropped = mantissa & ((1u << drop) - 1u);
  let half = 1u << (drop - 1u);
  let above = dropped > half || (dropped == half && (kept & 1u) == 1u);
  return sign | (kept + select(0u, 1u, above));
}

fn convert(b: u32) -> u32 {
  if (TYPE == F32) {
    return select(b, QUIET_NAN, (b & MAGNITUDE) > EXPONENT);
  }
  if (TYPE == BF16) {
    return to_bf16(b);
  }
  return to_f16(b);
}

// Whether a value is not a number, and whether it is finite but too large for the type.
fn not_number(b: u32) -> vec2<u32> {
  if (non_finite(b)) {
    return vec2<u32>(1u, 0u);
  }
  let least = select(select(F16_OVERFLOW, BF16_OVERFLOW, TYPE == BF16), EXPONENT, TYPE == F32);
  return vec2<u32>(0u, select(0u, 1u, (b & MAGNITUDE) >= least));
}

// One invocation writes whole words: two elements each, or one of F32.
fn each(w: u32) -> vec2<u32> {
  if (TYPE == F32) {
    out[w] = convert(x[w]);
    return not_number(x[w]);
  }
  let low = x[2u * w];
  if (2u * w + 1u >= params.elements) {
    out[w] = convert(low);
    return not_number(low);
  }
  let high = x[2u * w + 1u];
  out[w] = convert(low) | (convert(high) << 16u);
  return not_number(low) + not_number(high);
}
