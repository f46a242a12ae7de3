import { createHash } from 'node:crypto';
import { SafetensorsWriter } from '../checkpoint/writer.ts';
import type { JobEvent, RecordOutcome } from '../job.ts';
import {
  codecTable,
  fileEntries,
  hashedHeader,
  metadataOf,
  sideEntries,
  type PlannedRecord,
  type PlannedVector,
  type Provenance,
  type RoomyLayout,
  type TableRow,
} from './header.ts';
import { BASE_MODEL, isCoded, payloadName, sideArrays, type Codec } from './layout.ts';

/** Writes a .tvq file as its records come out. */
export class TvqWriter {
  readonly #positions = new Map<string, number>();
  readonly #outcomes: (RecordOutcome | undefined)[][];
  /** Record of a tensor in each vector, by the tensor's name. */
  readonly #recordOf: Map<string, number>[];

  private constructor(
    private readonly layout: RoomyLayout,
    private readonly file: SafetensorsWriter,
  ) {
    this.#outcomes = layout.vectors.map(({ records }) => records.map(() => undefined));
    this.#recordOf = layout.vectors.map(
      ({ records }) => new Map(records.map(({ row }, i) => [(layout.tensors[row] as TableRow)[0], i])),
    );
  }

  static async create(output: string, layout: RoomyLayout, overwrite: boolean): Promise<TvqWriter> {
    const { headerBytes } = layout;
    const file = await SafetensorsWriter.create(output, { headerBytes, overwrite });
    const writer = new TvqWriter(layout, file);
    for (const entry of sideEntries(layout)) {
      writer.#positions.set(entry.name, file.begin(entry));
      await file.append(new Uint8Array(entry.bytes)); // their content is known last
    }
    return writer;
  }

  get bytes(): number {
    return this.file.bytes;
  }

  /** Takes what a job emits for its tensor. */
  async accept(tensor: string, event: JobEvent): Promise<void> {
    if (event.type === 'bytes') return this.file.append(event.bytes);
    const vector = this.layout.vectors[event.output] as PlannedVector;
    const record = this.#recordOf[event.output]?.get(tensor) as number;
    if (event.type === 'end') {
      (this.#outcomes[event.output] as RecordOutcome[])[record] = event.outcome;
      return;
    }
    const [name, dtype, shape] = this.layout.tensors[
      (vector.records[record] as PlannedRecord).row
    ] as TableRow;
    const packed = isCoded(event);
    this.file.begin({
      name: payloadName(vector.name, name),
      dtype: packed ? 'U8' : dtype,
      shape: packed ? [event.bytes] : shape,
      bytes: event.bytes,
    });
  }

  /** Outcomes by vector and record. */
  get outcomes(): readonly (readonly (RecordOutcome | undefined)[])[] {
    return this.#outcomes;
  }

  /** Gives the file its name. @returns the path that it has */
  async commit(provenance: Provenance): Promise<string> {
    const { layout } = this;
    for (const { content, ...entry } of fileEntries(layout)) {
      this.file.begin({ ...entry, bytes: content.length });
      await this.file.append(content);
    }
    const baseSide = await this.#writeSides([
      [sideArrays.checksums(BASE_MODEL), checksumArray(provenance.baseChecksums)],
    ]);
    const sides: string[] = [];
    for (const [v, { name }] of layout.vectors.entries()) {
      const outcomes = this.#outcomes[v] as RecordOutcome[];
      sides.push(
        await this.#writeSides([
          [sideArrays.scales(name), pairArray(outcomes.map(({ scales }) => scales))],
          [sideArrays.checksums(name), checksumArray(outcomes.map(({ checksum }) => checksum))],
          [sideArrays.errors(name), pairArray(outcomes.map(({ errors }) => errors))],
        ]),
      );
    }
    const table = codecTable(layout);
    const codecs = this.#outcomes.map((outcomes, v) =>
      outcomes.map((outcome, i) =>
        indexOfCodec(table, outcome as RecordOutcome, layout.vectors[v]?.records[i] as PlannedRecord),
      ),
    );
    const metadata = metadataOf(layout, provenance, codecs, baseSide, sides);
    return this.file.commit((tensors, dataOffset) => hashedHeader(metadata, tensors, dataOffset));
  }

  discard(): Promise<void> {
    return this.file.discard();
  }

  /** Fills in arrays announced at the start. @returns their common SHA-256 */
  async #writeSides(arrays: readonly (readonly [name: string, bytes: Uint8Array])[]): Promise<string> {
    for (const [name, bytes] of arrays) await this.file.writeAt(bytes, this.#positions.get(name) as number);
    return sha256(arrays.map(([, bytes]) => bytes));
  }
}

const sha256 = (parts: readonly Uint8Array[]): string => {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return hash.digest('hex');
};

/** The entry of the codec that a record came out with: the planned one, or one that any tensor may fall back to. */
function indexOfCodec(table: readonly Codec[], outcome: RecordOutcome, { codec }: PlannedRecord): number {
  const planned = JSON.stringify(codec);
  return table.findIndex(entry =>
    outcome.codec === codec.codec ? JSON.stringify(entry) === planned : entry.codec === outcome.codec,
  );
}

const checksumArray = (checksums: readonly string[]): Uint8Array =>
  new Uint8Array(BigUint64Array.from(checksums, digits => BigInt(`0x${digits}`)).buffer);

const pairArray = (pairs: readonly (readonly [number, number])[]): Uint8Array =>
  new Uint8Array(Float32Array.from(pairs.flat()).buffer);
