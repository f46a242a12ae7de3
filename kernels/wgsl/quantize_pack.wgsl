// Stage quantize_pack: float32 differences to packed codes of 1 to 8 bits. Twin: quantize_pack.ts
// One invocation makes the codes of 32 consecutive values, which are BITS whole words: no atomics, no
// barriers.

struct Params {
  count: u32,
  words: u32,
  scale: f32,
  zero: f32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<vec4<u32>>;
@group(0) @binding(2) var<storage, read_write> codes: array<u32>;

override BITS: u32;

fn code(value: f32) -> u32 {
  let levels = (1u << BITS) - 1u;
  let v = ftz(ftz(params.scale * value) + params.zero);
  let b = bitcast<u32>(v);
  if ((b & SIGN) != 0u || (b & 0x7fffffffu) > EXPONENT) {
    return 0u;
  }
  // Positive floats are ordered as their bits are.
  if (b >= bitcast<u32>(f32(levels))) {
    return levels;
  }
  return u32(round(v));
}

@compute @workgroup_size(256)
fn main(
  @builtin(workgroup_id) id: vec3<u32>,
  @builtin(num_workgroups) groups: vec3<u32>,
  @builtin(local_invocation_index) lane: u32,
) {
  let run = group_number(id, groups) * GROUP + lane;
  if (run * 32u >= params.count) {
    return;
  }
  var at = run * BITS;
  var word = 0u;
  var bit = 0u;
  for (var i = run * 32u; i < run * 32u + 32u; i += 4u) {
    let quad = x[i >> 2u];
    for (var k = 0u; k < 4u; k++) {
      var c = 0u;
      if (i + k < params.count) {
        c = code(bitcast<f32>(ftz_bits(quad[k])));
      }
      word |= c << bit;
      bit += BITS;
      if (bit >= 32u) {
        if (at < params.words) {
          codes[at] = word;
        }
        at++;
        bit -= 32u;
        // The bits of the code that did not fit; none when it ended with the word.
        word = c >> (BITS - bit);
      }
    }
  }
}
