/** The goal for a restored task vector: as long as the original along it, or as close to it as possible. */
export type Reconstruction = 'unbiased' | 'nearest';

/**
 * The factor on ŷ, and the squared error it leaves. `unbiased`: ⟨y, gain·ŷ⟩ = ‖y‖², the restored vector is as long
 * along the original as the original itself; `nearest`: the least squared error. 0 where every code is that of zero.
 */
export function gainOf(
  energy: number,
  { restored, cross }: { readonly restored: number; readonly cross: number },
  reconstruction: Reconstruction,
): { gain: number; error: number } {
  if (!(cross > 0)) return { gain: 0, error: energy };
  const gain = reconstruction === 'unbiased' ? energy / cross : cross / restored;
  return { gain, error: Math.max(0, energy - 2 * gain * cross + gain * gain * restored) };
}
