/** A computed kind of source: all bytes are stored inverted. */
import { addSourceKind } from '../../extension/engine/tensors/sourceKinds.ts';
import type { TensorSource } from '../../extension/formats/tensorSource.ts';

export const INVERTED = 'inverted';

interface InvertedSource extends TensorSource {
  readonly kind: typeof INVERTED;
  readonly offset: number;
}

addSourceKind<InvertedSource>({
  kind: INVERTED,
  async read({ files }, { file, offset }, view, begin) {
    await files.read(file, view, offset + begin);
    for (const [i, byte] of view.entries()) view[i] = ~byte;
  },
  isSame: (a, b) => a.file === b.file && a.offset === b.offset,
});
