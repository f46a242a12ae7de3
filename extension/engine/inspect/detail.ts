import { CHUNK } from '../../../kernels/backends/cpu/backend.ts';
import type { TensorDetail } from '../../protocol/tensors.ts';
import { elementCount, isQuantizable } from '../../formats/dtype.ts';
import { orCancelled, UserError } from '../../shared/errors.ts';
import { whileUnchanged } from '../../files/fileStamp.ts';
import { memoryOf } from '../scheduler/itemKind.ts';
import { threadRunner } from '../scheduler/threads.ts';
import type { TvqRecord } from '../../formats/tvq/reader.ts';
import { isAdded } from '../../formats/tvq/codecNature.ts';
import { hasCodes, payloadBytes, relativeError } from '../../formats/tvq/summary.ts';
import { codecFacts } from '../codecs/codecFacts.ts';
import { detailKind, type DetailItem, type DetailReport, type TensorContents } from './detailItem.ts';
import { openUnchanged } from './openUnchanged.ts';
import { storedTensor, vectorNamed } from './storedTensor.ts';
import { reportsOnly } from '../scheduler/orderedSink.ts';

/**
 * The details of one tensor of one vector. Only its payload is read, in a separate thread that takes a few megabytes,
 * so that it can be shown while a job runs.
 */
export async function tensorDetail(
  path: string,
  vectorName: string,
  tensor: string,
  signal: AbortSignal,
): Promise<TensorDetail> {
  const file = await openUnchanged(path);
  const vector = vectorNamed(file, vectorName);
  const record = vector.records.find(known => known.tensor === tensor);
  if (!record)
    throw new UserError(`${path}: "${vectorName}" has no tensor "${tensor}"; reload the file`, 'usage');
  const input = hasValues(record) ? storedTensor(file, vector)(tensor) : undefined;
  const contents =
    input && (await whileUnchanged([file.stamp], () => runAlone({ kind: 'detail', tensor, input }, signal)));
  const whole = file.scheme.scheme === 'fq' || record.codec.codec === 'exact';
  return {
    tensor,
    vector: vectorName,
    shape: record.shape,
    dtype: record.dtype,
    codec: record.codec.codec,
    bytes: payloadBytes(record),
    error: hasCodes(record) ? relativeError([record]) : undefined,
    facts: codecFacts(record),
    codes: contents?.codes,
    meaning: whole ? 'weights' : 'task vector',
    values: contents?.values,
  };
}

/** Whether the file has values of it, without the base model, that are not integers. */
const hasValues = ({ codec, dtype, shape }: TvqRecord): boolean =>
  (isAdded(codec) || codec.codec === 'exact') && isQuantizable(dtype) && elementCount(shape) > 0;

async function runAlone(item: DetailItem, signal: AbortSignal): Promise<TensorContents | undefined> {
  const run = threadRunner({ threads: 1, arena: memoryOf(detailKind, item, CHUNK) });
  let contents: TensorContents | undefined;
  const sink = reportsOnly<DetailReport>((_, report) => void ({ contents } = report));
  await orCancelled(
    signal,
    run(detailKind, [item], sink, signal, () => undefined),
  );
  return contents;
}
