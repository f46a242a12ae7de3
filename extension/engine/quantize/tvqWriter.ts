import type { OutputOptions } from '../../files/atomic.ts';
import { SafetensorsWriter } from '../../formats/safetensors/writer.ts';
import type { ItemEvent, RecordOutcome } from '../scheduler/item.ts';
import {
  codecTable,
  fileEntries,
  hashedHeader,
  metadataOf,
  sideEntries,
  type PlannedRecord,
  type Provenance,
  type RoomyLayout,
} from '../../formats/tvq/header.ts';
import type { Codec } from '../../formats/tvq/codecs.ts';
import { BASE_MODEL, PAYLOADS, RECORD_TABLE, sideArrays, TENSOR_TABLE } from '../../formats/tvq/layout.ts';
import { lengthBytesOf, packRecords, sha256, type TableRow } from '../../formats/tvq/tables.ts';

/**
 * Writes a .tvq file as its records are produced: arrays whose content is known last, the table of tensors, payloads in
 * the order of tables.ts, files, the table of records; the header is filled in at the end.
 */
export class TvqWriter {
  readonly #positions = new Map<string, number>();
  /** By vector and record. */
  readonly outcomes: (RecordOutcome | undefined)[][];
  /** Payload bytes by vector and record. */
  readonly #lengths: number[][];
  /** Record of a tensor in each vector, by the tensor's name. */
  readonly #recordOf: Map<string, number>[];
  /** Where the payloads of the current tensor begin, by vector. */
  #begun = { tensor: '', starts: new Map<number, number>() };

  private constructor(
    private readonly layout: RoomyLayout,
    private readonly file: SafetensorsWriter,
  ) {
    this.outcomes = layout.vectors.map(({ records }) => records.map(() => undefined));
    this.#lengths = layout.vectors.map(({ records }) => records.map(() => 0));
    this.#recordOf = layout.vectors.map(
      ({ records }) => new Map(records.map(({ row }, i) => [(layout.tensors[row] as TableRow)[0], i])),
    );
  }

  static async create(output: string, layout: RoomyLayout, options: OutputOptions): Promise<TvqWriter> {
    const { headerBytes } = layout;
    const file = await SafetensorsWriter.create(output, { ...options, headerBytes });
    const writer = new TvqWriter(layout, file);
    for (const entry of sideEntries(layout)) {
      writer.#positions.set(entry.name, file.begin(entry));
      await file.append(new Uint8Array(entry.bytes)); // their content is known last
    }
    file.beginBytes(TENSOR_TABLE);
    await file.append(layout.table.stored);
    file.beginBytes(PAYLOADS);
    return writer;
  }

  get bytes(): number {
    return this.file.bytes;
  }

  /** Takes what an item emits for its tensor. An output that begins again, and what came after it, is rewritten. */
  async accept(tensor: string, event: ItemEvent): Promise<void> {
    if (event.type === 'bytes') return this.file.append(event.bytes);
    const { output } = event;
    const record = this.#recordOf[output]?.get(tensor) as number;
    if (event.type === 'end') {
      (this.outcomes[output] as RecordOutcome[])[record] = event.outcome;
      return;
    }
    if (this.#begun.tensor !== tensor) this.#begun = { tensor, starts: new Map() };
    const { starts } = this.#begun;
    const before = starts.get(output);
    if (before !== undefined) await this.file.rewind(before);
    for (const later of [...starts.keys()].filter(one => one > output)) starts.delete(later);
    starts.set(output, this.file.bytes);
    (this.#lengths[output] as number[])[record] = event.bytes;
  }

  /** Gives the file its name. @returns the path that it has */
  async commit(provenance: Provenance): Promise<string> {
    const { layout } = this;
    for (const { name, content } of fileEntries(layout)) {
      this.file.beginBytes(name);
      await this.file.append(content);
    }
    const codecs = codecTable(layout);
    const lengthBytes = lengthBytesOf(layout.tensors);
    const records = packRecords(
      layout.vectors.map((vector, v) => ({
        codecs: vector.records.map((record, i) =>
          indexOfCodec(codecs, this.outcomes[v]?.[i] as RecordOutcome, record),
        ),
        lengths: this.#lengths[v] as number[],
      })),
      lengthBytes,
    );
    this.file.beginBytes(RECORD_TABLE);
    await this.file.append(records);
    const base = await this.#writeSides([
      [sideArrays.checksums(BASE_MODEL), checksumArray(provenance.baseChecksums)],
    ]);
    const sides: string[] = [];
    for (const [v, { name }] of layout.vectors.entries()) {
      const outcomes = this.outcomes[v] as RecordOutcome[];
      sides.push(
        await this.#writeSides([
          [sideArrays.scales(name), pairArray(outcomes.map(({ scales }) => scales))],
          [sideArrays.checksums(name), checksumArray(outcomes.map(({ checksum }) => checksum))],
          [sideArrays.errors(name), pairArray(outcomes.map(({ errors }) => errors))],
        ]),
      );
    }
    const tables = {
      tensors: layout.table.bytes,
      lengthBytes,
      sha256: sha256([layout.table.stored, records]),
    };
    const metadata = metadataOf(layout, provenance, { tables, base, sides });
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

/** The entry of the codec that a record ended up with: the planned one, or one that any tensor may fall back to. */
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
