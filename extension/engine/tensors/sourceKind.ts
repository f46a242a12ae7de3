/** What a kind of source is: how the bytes of a tensor are read, or computed from what is read. */
import type { TensorSource } from '../../formats/tensorSource.ts';
import type { JobContext } from '../scheduler/job.ts';

export type ReadContext = Pick<JobContext, 'files' | 'kernels' | 'signal'>;

export interface SourceKind<S extends TensorSource> {
  readonly kind: S['kind'];
  /** Fills `view` with the tensor's bytes from `begin` on, laid out as in a file of its dtype: little-endian, row by row. */
  read(context: ReadContext, source: S, view: Uint8Array, begin: number): Promise<void>;
  /** Whether both are the same bytes, as far as that is known without reading them. */
  isSame(a: S, b: S): boolean;
}
