import type { Region } from '../../../kernels/memory.ts';
import type { ItemContext } from '../scheduler/item.ts';
import { floatsIn } from './floats.ts';

/** Sets values below 0 at the start of a region to 0. @returns how many there were */
export async function raiseToZero(
  { backend }: Pick<ItemContext, 'backend'>,
  values: Region,
  count: number,
): Promise<number> {
  const { min } = await backend.deltaMinmax(floatsIn(values), undefined, undefined, count);
  if (!(min < 0)) return 0;
  const bytes = await backend.read(values, 0, 4 * count);
  const floats = new Float32Array(bytes.buffer, bytes.byteOffset, count);
  let raised = 0;
  for (const [i, value] of floats.entries()) {
    if (!(value < 0)) continue;
    floats[i] = 0;
    raised++;
  }
  await backend.write(values, 0, 4 * count, async view => view.set(bytes));
  return raised;
}
