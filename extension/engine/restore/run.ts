import { join, resolve } from 'node:path';
import type { RestoreResult } from '../../protocol/results.ts';
import { AtomicFolder } from '../../files/atomicFolder.ts';
import type { EngineBackend } from '../scheduler/engineBackend.ts';
import { serializeHeader } from '../../formats/safetensors/safetensors.ts';
import { checkpointHeaderBytes, SafetensorsWriter } from '../../formats/safetensors/writer.ts';
import { UserError } from '../../shared/errors.ts';
import type { Hooks } from '../scheduler/hooks.ts';
import { keptElsewhere } from '../../files/otherNames.ts';
import { outputWarnings, type WriteReport } from '../tensors/outputWarnings.ts';
import { runPlanned } from '../scheduler/runPlanned.ts';
import { restoredMetadata, writeTaskFiles } from './files.ts';
import { restoredBytes, restoreKind, type RestoreItem } from './item.ts';
import { isSafetensors, MODEL_FILE } from '../../formats/safetensors/names.ts';
import { OR_FORCE, wrongBase, type RestorePlan } from './plan.ts';

/** Does what a restore plan says: one .safetensors file, or a folder with the task's config and tokenizer. */
export async function runRestore(
  plan: RestorePlan,
  backend: EngineBackend,
  { signal, onProgress }: Hooks,
): Promise<RestoreResult> {
  const started = performance.now();
  const { recipe, items, share, problems, stamps } = plan;
  const output = resolve(recipe.output);
  const metadata = await restoredMetadata(plan.file, recipe.task, plan.base);
  const folder = isSafetensors(output) ? undefined : await AtomicFolder.create(output, recipe);
  const file = folder ? join(folder.temporary, MODEL_FILE) : output;
  const entries = items.map(entryOf);
  const writer = await SafetensorsWriter.create(file, {
    headerBytes: checkpointHeaderBytes(metadata, entries),
    overwrite: recipe.overwrite,
    ...(folder ? { lock: folder.lock } : {}),
  });
  const reports: WriteReport[] = [];
  const { path, notes } = await runPlanned(
    { kind: restoreKind, items, stamps, share, backend, signal, onProgress },
    {
      accept: async (number, event) => {
        if (event.type === 'bytes') await writer.append(event.bytes);
        else if (event.type === 'begin') writer.begin(entries[number] as (typeof entries)[number]);
      },
      finished: (number, report) => {
        reports[number] = report;
        checkBase(plan, number, report);
      },
    },
    {
      discard: async () => {
        await writer.discard();
        await folder?.discard();
      },
    },
    async () => {
      const path = await writer.commit((tensors, dataOffset) =>
        serializeHeader(metadata, tensors, dataOffset),
      );
      if (!folder) return { path, notes: [] };
      const { file, base } = plan;
      const task = { file, task: recipe.task, base };
      const { warnings } = await writeTaskFiles(task, folder.temporary, { tensors: entries });
      const published = await folder.commit();
      return { path: published.path, notes: [...warnings, ...published.notes] };
    },
  );
  return {
    output: path,
    bytes: writer.bytes,
    tensors: items.length,
    seconds: (performance.now() - started) / 1000,
    backend: backend.kind,
    backendReason: backend.reason,
    warnings: [
      ...backend.warnings,
      ...keptElsewhere(output, path),
      ...writer.notes,
      ...problems.map(({ message }) => message),
      ...outputWarnings(items, reports),
      ...notes,
    ],
  };
}

const entryOf = (item: RestoreItem) => ({
  name: item.tensor,
  dtype: item.dtype,
  shape: item.record.shape,
  bytes: restoredBytes(item),
});

/** Compares what was read of the base with what the file was made from. */
function checkBase(
  { recipe, file, base, items }: RestorePlan,
  number: number,
  { checksums: [checksum] }: WriteReport,
): void {
  if (checksum === undefined || recipe.force || !base) return;
  const { tensor } = (items[number] as RestorePlan['items'][number]).record;
  const expected = file.base.tensors.find(({ name }) => name === tensor)?.checksum;
  if (expected !== checksum)
    throw new UserError({
      message: wrongBase(file, base.path, `the values of tensor "${tensor}" differ`),
      remedy: OR_FORCE,
    });
}
