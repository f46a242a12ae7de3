/** Values by IEEE 754 and the OCP 8-bit formats, worked out by hand. */
import { expect, test } from 'vitest';
import { byteValues, halfFloats, narrowed } from '../../../extension/formats/floatBits.ts';

test.each([
  [0x3c00, 1],
  [0xc000, -2],
  [0x7bff, 65504],
  [0x0001, 2 ** -24],
  [0x03ff, 2 ** -14 - 2 ** -24],
  [0x0400, 2 ** -14],
  [0x8000, -0],
  [0x7c00, Infinity],
  [0xfc00, -Infinity],
  [0x7e00, NaN],
])('the float16 %i is %d', (bits, value) => {
  expect(halfFloats()[bits]).toBe(value);
});

test.each([
  ['F8_E4M3', 0x7e, 448],
  ['F8_E4M3', 0x01, 2 ** -9],
  ['F8_E4M3', 0xff, NaN],
  ['F8_E5M2', 0x7b, 57344],
  ['F8_E5M2', 0xfc, -Infinity],
  ['F8_E4M3FNUZ', 0x7f, 240],
  ['F8_E4M3FNUZ', 0x80, NaN],
  ['F8_E5M2FNUZ', 0x7f, 57344],
  ['F8_E8M0', 127, 1],
  ['I8', 0x80, -128],
])('the %s %i is %d', (dtype, bits, value) => {
  expect(byteValues(dtype)[bits]).toBe(value);
});

test.each([
  ['1 and a tie, to even', 1 + 2 ** -11, 0x3c00],
  ['a tie, up to even', 1 + 3 * 2 ** -11, 0x3c02],
  ['above a tie', 1 + 2 ** -11 + 2 ** -20, 0x3c01],
  ['the largest', 65519, 0x7bff],
  ['a tie beyond it', 65520, 0x7c00],
  ['far beyond it', 1e30, 0x7c00],
  ['below normal', 2 ** -15, 0x0200],
  ['below normal, a tie', 2 ** -24 + 2 ** -25, 0x0002],
  ['half the smallest, a tie to zero', 2 ** -25, 0x0000],
  ['above that', 2 ** -25 + 2 ** -40, 0x0001],
  ['too small', -1e-30, 0x8000],
  ['up to the next power', 2 - 2 ** -12, 0x4000],
  ['not a number', NaN, 0x7e00],
])('as float16: %s', (_, value, bits) => {
  expect(narrowed(Float32Array.of(value), 'F16')[0]).toBe(bits);
});

test.each([
  ['a tie, to even', 1 + 2 ** -8, 0x3f80],
  ['a tie, up to even', 1 + 3 * 2 ** -8, 0x3f82],
  ['above a tie', 1 + 2 ** -8 + 2 ** -20, 0x3f81],
  ['beyond the largest', 3.4e38, 0x7f80],
  ['not a number', NaN, 0x7fc0],
  ['below normal', -(2 ** -130), 0x8008],
])('as bfloat16: %s', (_, value, bits) => {
  expect(narrowed(Float32Array.of(value), 'BF16')[0]).toBe(bits);
});
