// Prepended to every stage. Arithmetic as kernels/stages/stage.ts defines it: a bit test stands between any two float
// operations, so that none can be contracted or reassociated; NaN and infinity are recognised by their bits.

const EXPONENT: u32 = 0x7f800000u;
const SIGN: u32 = 0x80000000u;
const MAGNITUDE: u32 = 0x7fffffffu;
const QUIET_NAN: u32 = 0x7fc00000u;

// Values of the element-type constants of the stages.
const F32: u32 = 0u;
const F16: u32 = 1u;
const BF16: u32 = 2u;
const NONE: u32 = 3u;

const GROUP: u32 = 256u;
// Elements of one workgroup in the stages that take one element at a time.
const TILE: u32 = 2048u;

fn ftz_bits(b: u32) -> u32 {
  return select(0u, b, (b & EXPONENT) != 0u);
}

fn ftz(v: f32) -> f32 {
  return bitcast<f32>(ftz_bits(bitcast<u32>(v)));
}

// The flushed value of a float's bits.
fn flushed(b: u32) -> f32 {
  return bitcast<f32>(ftz_bits(b));
}

fn ftz4(v: vec4<f32>) -> vec4<f32> {
  let b = bitcast<vec4<u32>>(v);
  return bitcast<vec4<f32>>(select(vec4<u32>(), b, (b & vec4<u32>(EXPONENT)) != vec4<u32>()));
}

fn non_finite(b: u32) -> bool {
  return (b & EXPONENT) == EXPONENT;
}

// Index of the word that holds element i.
fn word_of(kind: u32, i: u32) -> u32 {
  return select(i >> 1u, i, kind == F32);
}

// Element i, which lies in `word`, as the bits of a flushed float32.
fn decode(kind: u32, word: u32, i: u32) -> u32 {
  if (kind == F32) {
    return ftz_bits(word);
  }
  let half = (word >> ((i & 1u) * 16u)) & 0xffffu;
  if (kind == BF16) {
    return ftz_bits(half << 16u);
  }
  let magnitude = half & 0x7fffu;
  let sign = (half & 0x8000u) << 16u;
  if (magnitude >= 0x7c00u) {
    return sign | ((magnitude << 13u) + 0x70000000u);
  }
  if (magnitude >= 0x0400u) {
    return sign | ((magnitude << 13u) + 0x38000000u);
  }
  // A subnormal, m·2^-24: its leading bit becomes the implicit one. Zero loses its sign.
  if (magnitude == 0u) {
    return 0u;
  }
  let leading = firstLeadingBit(magnitude);
  return sign | ((leading + 103u) << 23u) | ((magnitude << (23u - leading)) & 0x007fffffu);
}

// A workgroup in a grid that may have been folded into two dimensions.
struct Workgroup {
  @builtin(workgroup_id) id: vec3<u32>,
  @builtin(num_workgroups) grid: vec3<u32>,
}

fn group_number(in: Workgroup) -> u32 {
  return in.id.x + in.id.y * in.grid.x;
}
