/** Replaces an output by one that holds the new value. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { AtomicFile } from '../../extension/files/atomic.ts';
import { AtomicFolder } from '../../extension/files/atomicFolder.ts';
import { ModelFolder } from '../../extension/engine/merge/output/modelFolder.ts';
import { planShards } from '../../extension/engine/merge/output/shards.ts';
import { f32, safetensorsBytes } from '../checkpoints.ts';

/** The tensor's value before and after. */
export const OLD = 1;
export const NEW = 2;

export type Kind = 'file' | 'folder' | 'model';

const { data } = f32([4], () => NEW);
const bytes = safetensorsBytes({ w: { dtype: 'F32', shape: [4], data_offsets: [0, data.length] } }, data);

export async function replace(kind: Kind, target: string): Promise<void> {
  if (kind === 'file') {
    const file = await AtomicFile.create(target, { overwrite: true, start: 0 });
    await file.append(bytes);
    await file.commit();
  } else if (kind === 'folder') {
    const folder = await AtomicFolder.create(target, { overwrite: true });
    await writeFile(join(folder.temporary, 'model.safetensors'), bytes);
    await folder.commit();
  } else {
    const shards = planShards([{ name: 'w', dtype: 'F32', shape: [4], bytes: data.length }], 1e9);
    const asked = { target, overwrite: true, resume: true, run: { method: 'linear' }, shards };
    const model = await ModelFolder.open(asked);
    if (!model.finished.has(0)) {
      await model.begin(0);
      await model.append(data);
      await model.finish(0, { checksums: [], warnings: [] });
    }
    await model.commit({ files: () => ({ 'README.md': '# out\n' }) });
  }
}
