import type { Kernels } from '../../../kernels/wasm.ts';
import type { Progress, VerifyResult } from '../../protocol/results.ts';
import { FilePool } from '../../formats/filePool.ts';
import { UserError } from '../../shared/errors.ts';
import { whileUnchanged } from '../../files/fileStamp.ts';
import { RawTensor } from '../tensors/rawTensor.ts';
import { rangeOf } from '../../formats/tensorSource.ts';
import { readStoredFile } from '../../formats/tvq/files.ts';
import type { TvqExtra } from '../../formats/tvq/partReader.ts';
import { isTvq } from '../../formats/tvq/names.ts';
import { openTvq, type TvqFile } from '../../formats/tvq/reader.ts';

/** Checks every byte of a .tvq file against its checksums and names each damaged tensor. */
export async function verifyTvq(
  path: string,
  kernels: Kernels,
  signal: AbortSignal,
  onProgress: (progress: Progress) => void,
): Promise<VerifyResult> {
  let file: TvqFile;
  try {
    file = await openTvq(path);
  } catch (error) {
    // A damaged header is a finding like any other; a missing file, or one that never was a .tvq file, is not.
    if (!(error instanceof UserError) || error.cause || !isTvq(path)) throw error;
    return { file: path, bytes: 0, checked: 0, damaged: [error.message] };
  }
  const files = new FilePool();
  const context = { files, kernels, signal };
  const damaged: string[] = [];
  let checked = 0;
  let done = 0;
  const check = async () => {
    for (const { vector, tensor, entry, checksum } of payloadsOf(file)) {
      const found = await new RawTensor(context, rangeOf(file.path, entry)).checksum();
      if (found !== checksum) damaged.push(`tensor "${tensor}" of "${vector}"`);
      checked++;
      done += entry.bytes;
      onProgress({ done, total: file.bytes - file.headerBytes, current: tensor });
    }
    for (const extra of file.extras) {
      const checksum = await new RawTensor(context, rangeOf(file.path, extra.entry)).checksum();
      checked++;
      if (checksum !== extra.checksum) damaged.push(nameOf(file, extra));
      else damaged.push(...(await unreadable(file, extra)));
    }
  };
  try {
    await whileUnchanged([file.stamp], check);
  } finally {
    await files.close();
  }
  return { file: path, bytes: file.bytes, checked, damaged };
}

/** The name of a file, with a task that has it; for other reserved tensors their own name. */
function nameOf({ files }: TvqFile, extra: TvqExtra): string {
  const [listed] = files.filter(({ stored }) => stored === extra);
  return listed ? `file "${listed.name}" of "${listed.tasks.join('", "')}"` : `tensor "${extra.entry.name}"`;
}

/** Files whose bytes are intact but cannot be read. */
async function unreadable(file: TvqFile, extra: TvqExtra): Promise<string[]> {
  const listed = file.files.find(({ stored }) => stored === extra);
  if (!listed) return [];
  return readStoredFile(file.path, listed).then(
    () => [],
    () => [nameOf(file, extra)],
  );
}

/** Everything that has a checksum of its own, in the order of the file. */
function payloadsOf({ shared, tasks, unreadable }: TvqFile) {
  const known = (shared ? [shared, ...tasks] : tasks).flatMap(({ name, records }) =>
    records.flatMap(({ tensor, payload, checksum }) =>
      payload ? [{ vector: name, tensor, entry: payload, checksum }] : [],
    ),
  );
  const others = unreadable.flatMap(({ name, payloads }) => payloads.map(one => ({ vector: name, ...one })));
  return [...known, ...others].sort((a, b) => a.entry.offset - b.entry.offset);
}
