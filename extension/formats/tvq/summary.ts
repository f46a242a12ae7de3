import type { TensorCounts } from '../../protocol/results.ts';
import type { TensorPage, TensorQuery, TensorRow } from '../../protocol/tensors.ts';
import type { ByteGroup, TvqSummary, TvqVectorSummary } from '../../protocol/tvq.ts';
import { groupBy } from '../../shared/groupBy.ts';
import { layerName } from '../../shared/layerName.ts';
import { tensorKind } from '../../shared/tensorKind.ts';
import { elementCount, isQuantizable } from '../dtype.ts';
import { byPlace, layersOf } from '../names/layers.ts';
import { isCoded } from './codecNature.ts';
import type { Codec } from './codecs.ts';
import type { TvqFile, TvqRecord, TvqVector } from './reader.ts';
import { unreadableTasks } from './task.ts';

/** Rows that one query may return: what a page shows, plus some for scrolling. */
export const MAX_PAGE = 1000;

export const payloadBytes = (record: TvqRecord): number => record.payload?.bytes ?? 0;
const sum = <T>(values: readonly T[], of: (value: T) => number): number =>
  values.reduce((total, value) => total + of(value), 0);
export const vectorsOf = ({ shared, tasks }: TvqFile): readonly TvqVector[] =>
  shared ? [shared, ...tasks] : tasks;

/** What a .tvq file is, from its header alone. */
export function summarizeTvq(file: TvqFile): TvqSummary {
  const vectors = vectorsOf(file);
  const records = vectors.flatMap(vector => vector.records);
  const taskRecords = file.tasks.flatMap(task => task.records);
  const coded = sum(records.filter(hasCodes), payloadBytes);
  const exact = sum(records, payloadBytes) - coded;
  const others = file.unreadable.flatMap(({ payloads }) => payloads);
  const codes = coded + sum(others, ({ entry }) => entry.bytes);
  const header = file.headerBytes + file.tableBytes + 8 * file.base.tensors.length;
  const files = sum(file.extras, ({ entry }) => entry.bytes);
  return {
    kind: 'tvq',
    file: file.path,
    bytes: file.bytes,
    formatVersion: file.version,
    tool: file.tool,
    created: file.created,
    scheme: file.scheme.scheme,
    bits: file.scheme.bits,
    baseBits: file.scheme.baseBits,
    base: { name: file.base.name, fingerprint: file.base.fingerprint },
    tasks: file.tasks.map(task => ({
      name: task.name,
      checkpoint: task.source?.name ?? '',
      fingerprint: task.source?.fingerprint ?? '',
      ...summarizeVector(task),
    })),
    unreadable: unreadableTasks(file).map(({ name, why }) => ({ name, why })),
    shared: file.shared && summarizeVector(file.shared),
    bitsPerWeight: bitsPerWeight(file.bytes, sum(taskRecords.filter(isQuantized), parametersOf)),
    parameters: sum(file.tasks[0]?.records.filter(isPresent) ?? [], parametersOf),
    fp32Bytes: 4 * sum(taskRecords.filter(isPresent), parametersOf),
    tensors: countTensors(taskRecords),
    parts: { codes, scales: file.bytes - codes - exact - files - header, exact, files, header },
    files: file.files.map(({ name, tasks, bytes, from, stored }) => ({
      name,
      tasks,
      bytes,
      from,
      storedBytes: stored?.entry.bytes ?? 0,
    })),
    groups: groupsOf(records, ({ tensor }) => tensorKind(tensor)).sort(largestFirst),
    layers: groupsByLayer(records),
    codecs: groupsOf(records, codecName).sort(largestFirst),
    rows: records.length,
    recipe: file.recipe,
  };
}

/** All bits of a file per quantized weight; 0 when nothing is quantized. */
export const bitsPerWeight = (bytes: number, quantizedParameters: number): number =>
  quantizedParameters === 0 ? 0 : (8 * bytes) / quantizedParameters;

const parametersOf = (record: TvqRecord): number => elementCount(record.shape);
export const hasCodes = ({ codec }: TvqRecord): boolean => isCoded(codec);
const isPresent = ({ codec }: TvqRecord): boolean => codec.codec !== 'absent';

type Stored = { readonly codec: Pick<Codec, 'codec'> };

/**
 * Whether weights are restored from few bits or none: constants, and matrices equal to the base's, need no codes. For
 * 1-D tensors equal to the base's, a file does not say whether they would have been quantized; mostly they are kept.
 */
export const isQuantized = ({
  codec: { codec },
  dtype,
  shape,
}: Stored & Pick<TvqRecord, 'dtype' | 'shape'>): boolean =>
  isCoded({ codec }) ||
  codec === 'constant' ||
  (codec === 'same' && isQuantizable(dtype) && shape.length > 1);

/** Task tensors by how they are stored. */
export function countTensors(records: readonly Stored[]): TensorCounts {
  const count = (...codecs: Codec['codec'][]) =>
    records.filter(({ codec }) => codecs.includes(codec.codec)).length;
  const factors = count('factors');
  return {
    quantized: records.filter(({ codec }) => isCoded(codec)).length - factors,
    kept: count('exact') + factors,
    unchanged: count('constant', 'same'),
  };
}

/** Bits per weight of a record with codes: a whole number of packed ones, the mean of entropy-coded ones. */
const bitsOf = (record: TvqRecord): number =>
  'bits' in record.codec ? record.codec.bits : (8 * payloadBytes(record)) / parametersOf(record);

const toHundredths = (bits: number): number => Math.round(100 * bits) / 100;

/** Mean over all their weights. */
function meanBits(records: readonly TvqRecord[]): number {
  const bits = sum(records, record => bitsOf(record) * parametersOf(record));
  return bits / Math.max(1, sum(records, parametersOf));
}

function summarizeVector(vector: TvqVector): TvqVectorSummary {
  const quantized = vector.records.filter(hasCodes);
  return {
    bytes: sum(vector.records, payloadBytes),
    bits: toHundredths(meanBits(quantized)),
    relativeError: relativeError(quantized),
  };
}

export const relativeError = (records: readonly TvqRecord[]): number | undefined => {
  const energy = sum(records, ({ errors }) => errors[1]);
  return energy > 0 ? sum(records, ({ errors }) => errors[0]) / energy : undefined;
};

/** Bytes of tensors by key; those without a key are left out. */
function groupsOf(records: readonly TvqRecord[], keyOf: (record: TvqRecord) => string): ByteGroup[] {
  const groups = [...groupBy(records, keyOf)].map(([group, members]) => {
    const codes = sum(members.filter(hasCodes), payloadBytes);
    return { group, codes, exact: sum(members, payloadBytes) - codes };
  });
  return groups.filter(group => bytesOf(group) > 0);
}

const bytesOf = ({ codes, exact }: ByteGroup): number => codes + exact;
const largestFirst = (a: ByteGroup, b: ByteGroup): number => bytesOf(b) - bytesOf(a);

/** Maximum layers listed; names can claim any number of them. */
const MAX_LAYERS = 256;
const OUTSIDE = 'outside';
const DEEPER = 'deeper';

/** Stack by stack from the shallowest layer to the deepest, then tensors outside all layers. */
function groupsByLayer(records: readonly TvqRecord[]): ByteGroup[] {
  const layers = layersOf(records.map(({ tensor }) => tensor));
  const known = [...new Set(layers.values())].sort(byPlace);
  const stacks = new Set(known.map(({ stack }) => stack)).size;
  const names = new Map(
    known.map((layer, i) => [layer, i < MAX_LAYERS ? layerName(layer, stacks) : DEEPER] as const),
  );
  const order = [...new Set(names.values()), OUTSIDE];
  return groupsOf(records, ({ tensor }) => {
    const layer = layers.get(tensor);
    return layer ? (names.get(layer) as string) : OUTSIDE;
  }).sort((a, b) => order.indexOf(a.group) - order.indexOf(b.group));
}

/** "affine 3", "entropy", "exact". */
const codecName = ({ codec }: TvqRecord): string =>
  codec.codec === 'affine' ? `affine ${codec.bits}` : codec.codec;

const rows = new WeakMap<TvqFile, readonly TensorRow[]>();

/** Every tensor of every vector, in file order; computed once per file. */
function rowsOf(file: TvqFile): readonly TensorRow[] {
  const known = rows.get(file);
  if (known) return known;
  const made = vectorsOf(file).flatMap(({ name, records }) =>
    records.map(record => ({
      tensor: record.tensor,
      vector: name,
      shape: record.shape,
      dtype: record.dtype,
      codec: record.codec.codec,
      bits: hasCodes(record) ? toHundredths(bitsOf(record)) : undefined,
      bytes: payloadBytes(record),
      error: hasCodes(record) ? relativeError([record]) : undefined,
    })),
  );
  rows.set(file, made);
  return made;
}

const COMPARE = {
  tensor: byText(row => row.tensor),
  vector: byText(row => row.vector),
  codec: byText(row => row.codec),
  shape: byNumber(row => elementCount(row.shape)),
  bits: byNumber(row => row.bits ?? 0),
  bytes: byNumber(row => row.bytes),
  error: byNumber(row => row.error ?? -1),
};

/** Rows as last filtered and sorted: a table requests one page after another of the same view. */
const views = new WeakMap<TvqFile, { key: string; rows: readonly TensorRow[] }>();

function viewOf(file: TvqFile, { search, sort, descending }: TensorQuery): readonly TensorRow[] {
  const key = JSON.stringify([search, sort, descending]);
  const known = views.get(file);
  if (known?.key === key) return known.rows;
  const words = search.toLowerCase().split(/\s+/).filter(Boolean);
  const matches = rowsOf(file).filter(({ tensor, vector }) => {
    const name = `${tensor} ${vector}`.toLowerCase();
    return words.every(word => name.includes(word));
  });
  const direction = descending ? -1 : 1;
  const rows = matches.sort((a, b) => direction * COMPARE[sort](a, b));
  views.set(file, { key, rows });
  return rows;
}

/** One page of the tensor table, filtered and sorted; ties keep file order. */
export function queryTensors(file: TvqFile, query: TensorQuery): TensorPage {
  const rows = viewOf(file, query);
  const first = Math.max(0, query.first);
  return { total: rows.length, first, rows: rows.slice(first, first + Math.min(query.count, MAX_PAGE)) };
}

/** Numbers inside names sort by value: layer 2 before layer 10. */
function byText(of: (row: TensorRow) => string) {
  const collator = new Intl.Collator('en', { numeric: true });
  return (a: TensorRow, b: TensorRow) => collator.compare(of(a), of(b));
}

function byNumber(of: (row: TensorRow) => number) {
  return (a: TensorRow, b: TensorRow) => of(a) - of(b);
}
