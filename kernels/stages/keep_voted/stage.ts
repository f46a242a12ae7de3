/** Stage keep_voted: values with too few votes become zero. */
import { flushed, flushedBits } from '../../ftz.ts';
import type { Region } from '../../memory.ts';
import { checkValues } from '../checks.ts';
import { coarse, COUNT, fine } from '../sample.ts';
import type { Stage } from '../stage.ts';
import { TALLY, tallyOf } from '../tally.ts';
import { values } from '../windows.ts';
import source from './keep_voted.wgsl';

export interface KeepVotedStage {
  /** x[i] = +0 where votes[i] < least, in place. @returns how many non-zero values are left */
  keepVoted(x: Region, votes: Region, least: number, count: number): Promise<number>;
}

export const keepVoted: Stage<KeepVotedStage['keepVoted']> = {
  name: 'keep_voted',
  shader: TALLY + source,
  check: (chunk, x, votes, _least, count) => checkValues(chunk, count, [x], [votes]),
  cpu: (kernel, x, votes, least, count) => kernel.run(x, votes, flushed(least), count),
  gpu: (x, votes, least, count) =>
    tallyOf(count, [values(x, count), values(votes, count)], { params: flushedBits(least) }, left => left),
  selfTest: {
    inputs: () => [fine(33), coarse(34)],
    run: async (keepVoted, x, votes) => [await keepVoted(x, votes, 0.5, COUNT)],
    digest: 'ce5b5dd6',
  },
};
