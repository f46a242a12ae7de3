// Correctly rounded division: WGSL's own may be 2.5 units off.

// Bits of n / d for the bits of finite float32 that are 0 or normal, d not 0; flushed.
fn divide(n: u32, d: u32) -> u32 {
  let sign = (n ^ d) & SIGN;
  if ((n & MAGNITUDE) == 0u) {
    return 0u;
  }
  let divisor = (d & 0x007fffffu) | 0x00800000u;
  var rest = (n & 0x007fffffu) | 0x00800000u;
  var exponent = 127 + i32((n & EXPONENT) >> 23u) - i32((d & EXPONENT) >> 23u);
  if (rest < divisor) {
    rest <<= 1u;
    exponent--;
  }
  // Long division: the first of 24 bits is 1.
  var mantissa = 0u;
  for (var bit = 0u; bit < 24u; bit++) {
    let fits = rest >= divisor;
    mantissa = (mantissa << 1u) | select(0u, 1u, fits);
    rest = (rest - select(0u, divisor, fits)) << 1u;
  }
  // No quotient of two float32 lies halfway between two others.
  mantissa += select(0u, 1u, rest > divisor);
  // Below 2^-126; no quotient there is close enough to be rounded up to it.
  if (exponent <= 0) {
    return 0u;
  }
  if (exponent >= 255) {
    return sign | EXPONENT;
  }
  // The mantissa's leading bit adds the 1 that is missing here; a carry out of it adds another.
  return sign | ((u32(exponent - 1) << 23u) + mantissa);
}
