// Stage mask_by_sign: the part of EMR's elected vector that one task agrees with. Twin: mask_by_sign.ts

struct Params {
  count: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<u32>;
@group(0) @binding(2) var<storage, read> unified: array<u32>;
@group(0) @binding(3) var<storage, read_write> out: array<u32>;

fn each(i: u32) {
  let v = ftz_bits(x[i]);
  let u = ftz_bits(unified[i]);
  out[i] = select(0u, u, v != 0u && ((v ^ u) & SIGN) == 0u);
}
