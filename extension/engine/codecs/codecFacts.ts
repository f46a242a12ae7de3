import type { CodecFact } from '../../protocol/tensors.ts';
import { translatable } from '../../shared/translatable.ts';
import type { TvqRecord } from '../../formats/tvq/reader.ts';
import { codecOfRecord, hasCodec } from './registry.ts';

/** What turns a record back into values, as named numbers. */
export function codecFacts(record: TvqRecord): readonly CodecFact[] {
  if (hasCodec(record)) return codecOfRecord(record).facts(record);
  return record.codec.codec === 'constant'
    ? [{ name: 'value', value: record.scales[1], meaning: translatable('The value of every element.') }]
    : [];
}
