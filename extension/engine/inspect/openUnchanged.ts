import { changeOf, stampOf } from '../../files/fileStamp.ts';
import { openTvq, type TvqFile } from '../../formats/tvq/reader.ts';

let last: TvqFile | undefined;

/** The header of a .tvq file, which is not read again if the same file is requested again and did not change. */
export async function openUnchanged(path: string): Promise<TvqFile> {
  const now = await stampOf(path);
  if (last?.path === path && changeOf(last.stamp, now) === undefined) return last;
  return (last = await openTvq(path));
}
