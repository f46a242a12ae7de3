/** Stage consensus_vote: one task's votes for the values that matter to it. */
import { flushed, flushedBits } from '../../ftz.ts';
import type { Region } from '../../memory.ts';
import { checkValues, require } from '../checks.ts';
import { EACH, eachOf } from '../each.ts';
import { coarse, COUNT, fine, zeros } from '../sample.ts';
import type { Stage } from '../stage.ts';
import source from './consensus_vote.wgsl';

export interface ConsensusVoteStage {
  /** votes[i] (F32) += 1 where |x[i]| > lambda·|total[i] − x[i]|; starts at zero when `first`. `lambda` is not
   * negative. */
  consensusVote(
    total: Region,
    x: Region,
    lambda: number,
    votes: Region,
    first: boolean,
    count: number,
  ): Promise<void>;
}

export const consensusVote: Stage<ConsensusVoteStage['consensusVote']> = {
  name: 'consensus_vote',
  shader: EACH + source,
  check(chunk, total, x, lambda, votes, _first, count) {
    checkValues(chunk, count, [votes], [total, x]);
    require(lambda >= 0, `lambda ${lambda} is negative`);
  },
  cpu: (kernel, total, x, lambda, votes, first, count) =>
    void kernel.run(total, x, flushed(lambda), votes, first, count),
  gpu: (total, x, lambda, votes, first, count) =>
    eachOf(count, [total, x, votes], { constants: { FIRST: first }, params: flushedBits(lambda) }),
  selfTest: {
    inputs: () => [fine(30), coarse(31), fine(32), zeros()],
    run: async (consensusVote, total, x, y, votes) => {
      await consensusVote(total, x, 0.4, votes, true, COUNT);
      await consensusVote(total, y, 1, votes, false, COUNT);
      return [];
    },
    digest: '64711530',
  },
};
