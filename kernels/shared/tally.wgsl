// Two counts: the sums of what `each` returns, value by value.

@group(0) @binding(1) var<storage, read_write> tally: array<atomic<u32>, 2>;

var<workgroup> group_tally: array<atomic<u32>, 2>;

@compute @workgroup_size(256)
fn main(in: Workgroup, @builtin(local_invocation_index) lane: u32) {
  let first = group_number(in) * TILE;
  var found = vec2<u32>();
  for (var k = 0u; k < TILE; k += GROUP) {
    let i = first + k + lane;
    if (i < params.count) {
      found += each(i);
    }
  }
  atomicAdd(&group_tally[0], found.x);
  atomicAdd(&group_tally[1], found.y);
  workgroupBarrier();
  if (lane < 2u) {
    atomicAdd(&tally[lane], atomicLoad(&group_tally[lane]));
  }
}
