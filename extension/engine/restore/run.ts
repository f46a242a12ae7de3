import { basename, dirname, join, resolve } from 'node:path';
import type { RestoreResult } from '../../protocol/results.ts';
import { AtomicFolder } from '../../files/atomicFolder.ts';
import type { EngineBackend } from '../scheduler/engineBackend.ts';
import { isFileOutput } from '../../shared/outputForms.ts';
import type { Shard } from '../merge/output/shards.ts';
import { ShardWriter } from '../merge/output/shardWriter.ts';
import { UserError } from '../../shared/errors.ts';
import type { Hooks } from '../scheduler/hooks.ts';
import { keptElsewhere } from '../../files/otherNames.ts';
import { outputWarnings, type WriteReport } from '../tensors/outputWarnings.ts';
import { runPlanned } from '../scheduler/runPlanned.ts';
import { writeTaskFiles } from './files.ts';
import { restoreKind } from './item.ts';
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
  const [shard] = plan.form.shards as [Shard];
  const folder = isFileOutput(output) ? undefined : await AtomicFolder.create(output, recipe);
  const writer = folder
    ? await ShardWriter.create(folder.temporary, shard, { overwrite: recipe.overwrite, lock: folder.lock })
    : await ShardWriter.create(dirname(output), { ...shard, name: basename(output) }, recipe);
  const reports: WriteReport[] = [];
  let begun = -1;
  const begin = async (number: number): Promise<void> => {
    if (number === begun) return writer.beginAgain();
    begun = number;
    return writer.begin();
  };
  const { path, notes } = await runPlanned(
    { kind: restoreKind, items, stamps, share, backend, signal, onProgress },
    {
      accept: async (number, event) => {
        if (event.type === 'bytes') await writer.append(event.bytes);
        else if (event.type === 'begin') await begin(number);
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
      const { name } = await writer.commit();
      if (!folder) return { path: join(dirname(output), name), notes: [] };
      const { file, base } = plan;
      const task = { file, task: recipe.task, base };
      const { quantization } = plan.form;
      const { warnings } = await writeTaskFiles(task, folder.temporary, {
        tensors: shard.tensors,
        ...(quantization && { settings: { quantization_config: quantization } }),
      });
      const published = await folder.commit();
      return { path: published.path, notes: [...warnings, ...published.notes] };
    },
  );
  return {
    output: path,
    bytes: shard.bytes,
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
