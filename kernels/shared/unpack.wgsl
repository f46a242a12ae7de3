// Codes of BITS bits, truly packed.

@group(0) @binding(1) var<storage, read> codes: array<u32>;

override BITS: u32;

// Code i.
fn code_at(i: u32) -> u32 {
  let bit = i * BITS;
  let shift = bit & 31u;
  var c = codes[bit >> 5u] >> shift;
  if (shift + BITS > 32u) {
    c |= codes[(bit >> 5u) + 1u] << (32u - shift);
  }
  return c & ((1u << BITS) - 1u);
}
