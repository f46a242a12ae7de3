// Running sums over the LANES lanes of a workgroup.

var<workgroup> sums: array<u32, LANES>;

// The sum of the values of this lane and of those before it. Must be reached by every invocation.
fn sum_through(lane: u32, value: u32) -> u32 {
  sums[lane] = value;
  for (var step = 1u; step < LANES; step <<= 1u) {
    workgroupBarrier();
    var before = 0u;
    if (lane >= step) {
      before = sums[lane - step];
    }
    workgroupBarrier();
    sums[lane] += before;
  }
  return sums[lane];
}
