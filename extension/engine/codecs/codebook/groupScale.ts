/**
 * Scales of groups of values, a byte each: byte i stands for unit · 2^((i − 255) / 8), eight to an octave, so that a
 * scale is within 4.4 % of its group's root mean square. Thresholds and tables are float32 and the same everywhere.
 */

/** Values that a byte can have. */
const STEPS = 256;

/** The byte of the unit itself. */
export const UNIT_BYTE = STEPS - 1;

/** 2^(j/8). */
const OCTAVE = [
  1, 1.0905077326652577, 1.189207115002721, 1.2968395546510096, 1.4142135623730951, 1.5422108254079407,
  1.681792830507429, 1.8340080864093424,
] as const;

const f32 = Math.fround;

/** 2^(k/8), the same on every machine. */
const eighths = (k: number): number => (OCTAVE[k & 7] as number) * 2 ** Math.floor(k / 8);

/** What each byte stands for, for a unit. */
export const scaleTable = (unit: number): Float32Array =>
  Float32Array.from({ length: STEPS }, (_, byte) => f32(unit * eighths(byte - UNIT_BYTE)));

/** What values are multiplied by to be quantized, by their group's byte. */
export const inverseTable = (unit: number): Float32Array =>
  Float32Array.from({ length: STEPS }, (_, byte) => f32(1 / (unit * eighths(byte - UNIT_BYTE))));

/** Mean squares at which the next byte begins: halfway between two scales, on their logarithmic scale. */
export const scaleThresholds = (unit: number): Float32Array =>
  Float32Array.from({ length: STEPS - 1 }, (_, byte) => {
    const scale = unit * eighths(byte - UNIT_BYTE);
    return f32(scale * scale * eighths(1));
  });
