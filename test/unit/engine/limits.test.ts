/** A file that readers would refuse is refused during planning. */
import { describe, expect, test } from 'vitest';
import { MAX_HEADER_BYTES } from '../../../extension/formats/safetensors/headerRoom.ts';
import { NO_FILES, type RoomyLayout } from '../../../extension/formats/tvq/header.ts';
import { beyondLimits } from '../../../extension/formats/tvq/limits.ts';
import { MAX_FILES } from '../../../extension/formats/tvq/metadata.ts';
import {
  MAX_RECORDS,
  MAX_TABLE_BYTES,
  MAX_TENSORS,
  MAX_VECTORS,
  tableRow,
  type TableRow,
} from '../../../extension/formats/tvq/tables.ts';

const table = (bytes: number) => ({ stored: new Uint8Array(), bytes });
const layout = (changes: Partial<RoomyLayout>): RoomyLayout => ({
  tool: 'test',
  scheme: { scheme: 'tvq', bits: 3 },
  tensors: [],
  base: { name: 'base', rows: [] },
  vectors: [],
  files: NO_FILES,
  recipe: {},
  headerBytes: 0,
  table: table(0),
  ...changes,
});

const named = (length: number): TableRow => ['a'.repeat(length), 'F32', [1]];
const ranked = (rank: number): TableRow => ['w', 'F32', Array<number>(rank).fill(1)];
const vectors = (count: number, checkpoint = 'c') =>
  Array.from({ length: count }, (_, v) => ({ name: `t${v}`, checkpoint, records: [] }));
const recorded = (count: number) => ({
  name: 't',
  checkpoint: 'c',
  records: Array<{ row: number; codec: { codec: 'same' }; bytes: number }>(count),
});
const file = (name: string) => [name, 0, '0'.repeat(32), 'base'] as [string, number, string, 'base'];
const files = (table: (typeof NO_FILES)['listed']['table'], count = 1) => ({
  stored: [],
  listed: { table, tasks: [['t', Array<number>(count).fill(0)] as [string, number[]]] },
});
const messages = (changes: Partial<RoomyLayout>) =>
  beyondLimits(layout(changes)).map(({ message }) => message);

describe('limits', () => {
  test.each<[string, Partial<RoomyLayout>, Partial<RoomyLayout>, RegExp]>([
    [
      'names of tensors',
      { tensors: [named(1024)] },
      { tensors: [named(1025), named(1030), named(1025)] },
      /^2 tensors \("a{117}…", "a{117}…"\): a name of 1025 characters; a .tvq file holds names of at most 1024$/,
    ],
    [
      'dimensions',
      { tensors: [ranked(64)] },
      { tensors: [ranked(65)] },
      /^tensor "w": 65 dimensions; a .tvq file holds tensors of at most 64$/,
    ],
    [
      'the name of the base',
      { base: { name: 'b'.repeat(1024), rows: [] } },
      { base: { name: 'b'.repeat(1025), rows: [] } },
      /^checkpoint "b+…": a name of 1025/,
    ],
    [
      'names of tunings',
      { vectors: vectors(1, 'c'.repeat(1024)) },
      { vectors: vectors(2, 'c'.repeat(1025)) },
      /^checkpoint "c+…"/,
    ],
    [
      'task vectors',
      { vectors: vectors(MAX_VECTORS) },
      { vectors: vectors(MAX_VECTORS + 1) },
      /^4097 task vectors/,
    ],
    [
      'tensors',
      { tensors: Array<TableRow>(MAX_TENSORS).fill(['w', 'F32', []]) },
      { tensors: Array<TableRow>(MAX_TENSORS + 1).fill(['w', 'F32', []]) },
      /^1000001 different tensors; a .tvq file holds at most 1000000$/,
    ],
    [
      'names of files',
      { files: files([file('f'.repeat(1024))]) },
      { files: files([file('f'.repeat(1025))]) },
      /^file "f+…"/,
    ],
    [
      'files of a task',
      { files: files([file('f')], MAX_FILES) },
      { files: files([file('f')], MAX_FILES + 1) },
      /^1001 files beside the weights of task "t"/,
    ],
    [
      'the header',
      { headerBytes: MAX_HEADER_BYTES },
      { headerBytes: MAX_HEADER_BYTES + 1 },
      /^recipe and list of files need a header of 100 MB; a .tvq file holds at most 100 MB$/,
    ],
    [
      'the table',
      { table: table(MAX_TABLE_BYTES) },
      { table: table(MAX_TABLE_BYTES + 1) },
      /^the names and shapes of their tensors take 100 MB; .*: quantize fewer tasks into one file$/,
    ],
    [
      'records',
      { vectors: [recorded(MAX_RECORDS)] },
      { vectors: [recorded(MAX_RECORDS), recorded(1)] },
      /^4000001 tensors of all task vectors; .*: quantize fewer tasks into one file$/,
    ],
  ])('%s', (_, within, beyond, message) => {
    expect(messages(within)).toEqual([]);
    expect(messages(beyond)).toEqual([expect.stringMatching(message)]);
  });

  test('are those of the schema that readers check', () => {
    const accepts = (row: TableRow) => tableRow.safeParse(row).success;
    expect([1024, 1025].map(length => accepts(named(length)))).toEqual([true, false]);
    expect([64, 65].map(rank => accepts(ranked(rank)))).toEqual([true, false]);
  });
});
