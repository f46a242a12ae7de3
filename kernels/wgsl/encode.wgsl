// Stage encode: float32 to a checkpoint's element type, round to nearest even. Twin: encode.ts
// Integers only: WGSL leaves the rounding of its own conversions to the device.

struct Params {
  // Words to be made, and elements.
  count: u32,
  elements: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<u32>;
@group(0) @binding(2) var<storage, read_write> out: array<u32>;

override TYPE: u32;

fn to_bf16(b: u32) -> u32 {
  if ((b & 0x7fffffffu) > EXPONENT) {
    return (b >> 16u) | 0x40u;
  }
  return (b + 0x7fffu + ((b >> 16u) & 1u)) >> 16u;
}

fn to_f16(b: u32) -> u32 {
  let sign = (b >> 16u) & 0x8000u;
  let a = b & 0x7fffffffu;
  if (a > EXPONENT) {
    return sign | 0x7e00u;
  }
  // 65520 and more.
  if (a >= 0x477ff000u) {
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
  if (TYPE == BF16) {
    return to_bf16(b);
  }
  return to_f16(b);
}

// One invocation makes whole words: two elements each, or one of F32.
fn each(w: u32) {
  if (TYPE == F32) {
    out[w] = x[w];
  } else {
    var word = convert(x[2u * w]);
    if (2u * w + 1u < params.elements) {
      word |= convert(x[2u * w + 1u]) << 16u;
    }
    out[w] = word;
  }
}
