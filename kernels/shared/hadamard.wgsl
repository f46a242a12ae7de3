// Random signs, and the butterflies of four values. Twin: hadamard.ts

// The signs of 32 elements: MurmurHash3's finalizer of their number.
fn signs_of(word: u32) -> u32 {
  var h = word * 0x9e3779b9u + 0x7f4a7c15u;
  h ^= h >> 16u;
  h *= 0x85ebca6bu;
  h ^= h >> 13u;
  h *= 0xc2b2ae35u;
  return h ^ (h >> 16u);
}

// Sign bits of the four values of vector `quad`, counted from element 32·word.
fn quad_signs(word: u32, quad: u32) -> vec4<u32> {
  let bits = signs_of(word + (quad >> 3u)) >> ((quad & 7u) * 4u);
  return (vec4<u32>(bits) << vec4<u32>(31u, 30u, 29u, 28u)) & vec4<u32>(SIGN);
}

// Flushed values with the signs applied; zeros are +0.
fn with_signs(v: vec4<f32>, signs: vec4<u32>) -> vec4<f32> {
  return ftz4(bitcast<vec4<f32>>(bitcast<vec4<u32>>(v) ^ signs));
}

// Butterflies of distance 1, then 2.
fn hadamard4(s: vec4<f32>) -> vec4<f32> {
  let sums = ftz4(vec4<f32>(s.x + s.y, s.x - s.y, s.z + s.w, s.z - s.w));
  return ftz4(vec4<f32>(sums.xy + sums.zw, sums.xy - sums.zw));
}
