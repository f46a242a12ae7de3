// Two counts over all workgroups.

@group(0) @binding(1) var<storage, read_write> tally: array<atomic<u32>, 2>;

var<workgroup> group_tally: array<atomic<u32>, 2>;

// Must be reached by every invocation of the workgroup.
fn merge_tally(found: vec2<u32>, lane: u32) {
  atomicAdd(&group_tally[0], found.x);
  atomicAdd(&group_tally[1], found.y);
  workgroupBarrier();
  if (lane < 2u) {
    atomicAdd(&tally[lane], atomicLoad(&group_tally[lane]));
  }
}
