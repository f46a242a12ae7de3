// Stage rans_decode: rANS streams to 8-bit codes. Twin: rans_decode.ts One invocation decodes one stream: 2048 whole
// words of codes.

struct Params {
  count: u32,
  streams: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> payload: array<u32>;
// Each code's frequency, with its first slot in the upper half; then where each stream begins, in 16-bit words of the
// window, and where the last one ends.
@group(0) @binding(2) var<storage, read> table: array<u32>;
@group(0) @binding(3) var<storage, read_write> codes: array<u32>;

const STREAM: u32 = 8192u;
const FREQUENCY_BITS: u32 = 14u;
const SLOTS: u32 = 1u << FREQUENCY_BITS;

// Few, so that the streams of one call spread over many of a GPU's cores.
const WORKERS: u32 = 32u;

// The codes of four slots per word: all the workgroup memory that every device is sure to have.
var<workgroup> slots: array<u32, SLOTS / 4u>;

// The code of a slot: the last one whose first slot is at or below it.
fn search(slot: u32) -> u32 {
  var code = 0u;
  for (var step = 128u; step > 0u; step >>= 1u) {
    if ((table[code + step] >> 16u) <= slot) {
      code += step;
    }
  }
  return code;
}

fn word_at(at: u32) -> u32 {
  return (payload[at >> 1u] >> ((at & 1u) * 16u)) & 0xffffu;
}

@compute @workgroup_size(WORKERS)
fn main(in: Workgroup, @builtin(local_invocation_index) lane: u32) {
  for (var i = lane; i < SLOTS / 4u; i += WORKERS) {
    var word = 0u;
    for (var j = 0u; j < 4u; j++) {
      word |= search(i * 4u + j) << (8u * j);
    }
    slots[i] = word;
  }
  workgroupBarrier();
  let stream = group_number(in) * WORKERS + lane;
  if (stream >= params.streams) {
    return;
  }
  var at = table[256u + stream];
  let end = table[257u + stream];
  var x = word_at(at) | (word_at(at + 1u) << 16u);
  at += 2u;
  let first = stream * STREAM;
  let last = min(first + STREAM, params.count);
  for (var i = first; i < last; i += 4u) {
    var word = 0u;
    for (var j = 0u; j < 4u; j++) {
      if (i + j < last) {
        let slot = x & (SLOTS - 1u);
        let code = (slots[slot >> 2u] >> ((slot & 3u) * 8u)) & 0xffu;
        let entry = table[code];
        word |= code << (8u * j);
        x = (entry & 0xffffu) * (x >> FREQUENCY_BITS) + slot - (entry >> 16u);
        if (x < 0x10000u) {
          x <<= 16u;
          if (at < end) {
            x |= word_at(at);
          }
          at++;
        }
      }
    }
    codes[i >> 2u] = word;
  }
}
