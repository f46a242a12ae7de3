// Sums in one fixed order: one workgroup is one block, a lane adds 32 consecutive values into four sums. Twin:
// block_sums.ts

// Vectors of four that one lane sums.
const LANE: u32 = 8u;

var<workgroup> partial: array<f32, GROUP>;

// Vector `k` of the values, flushed; values from `count` on count as zero.
fn terms(words: vec4<u32>, k: u32, count: u32) -> vec4<f32> {
  let inside = vec4<u32>(k * 4u) + vec4<u32>(0u, 1u, 2u, 3u) < vec4<u32>(count);
  return ftz4(bitcast<vec4<f32>>(select(vec4<u32>(), words, inside)));
}

// (s0+s1)+(s2+s3) of a lane's four sums.
fn across(s: vec4<f32>) -> f32 {
  return ftz(ftz(s.x + s.y) + ftz(s.z + s.w));
}

// Adds the lanes' sums in pairs l, l+128, then l, l+64 ... l, l+1; the result is lane 0's. Must be reached by every
// invocation of the workgroup.
fn add_lanes(sum: f32, lane: u32) -> f32 {
  // Lane 0 may still be reading the previous call's sums.
  workgroupBarrier();
  partial[lane] = sum;
  for (var half = GROUP / 2u; half > 0u; half >>= 1u) {
    workgroupBarrier();
    if (lane < half) {
      partial[lane] = ftz(partial[lane] + partial[lane + half]);
    }
  }
  return partial[lane];
}
