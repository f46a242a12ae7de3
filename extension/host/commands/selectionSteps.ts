/** The steps that choose a base model and what was fine-tuned from it. */
import { proposeBase } from '../../formats/discover.ts';
import { merge, pickBase, pickTasks } from '../ui/checkpointPicks.ts';
import { mayBeTunedFrom } from '../../protocol/checkpoints.ts';
import type { Step } from '../ui/wizard.ts';
import type { QuantizeDraft } from './quantizeDraft.ts';

/** How many of the steps are already answered. */
export const answered = ({ base, tasks }: QuantizeDraft): number =>
  base === undefined ? 0 : tasks === undefined ? 1 : 2;

/** Keep their answers in the draft. */
export function selectionSteps(draft: QuantizeDraft): [chooseBase: Step, chooseTasks: Step] {
  return [
    async at => {
      const models = draft.known.filter(({ adapter }) => adapter === undefined);
      const answer = await pickBase(at, models, draft.base ?? proposeBase(models));
      if (typeof answer === 'string') return answer;
      const base = answer.chosen;
      if (draft.tasks?.some(task => !mayBeTunedFrom(base, task))) draft.tasks = undefined;
      draft.known = merge(draft.known, answer.known);
      draft.base = answer.chosen;
      return 'next';
    },
    async at => {
      const { base } = draft;
      if (base === undefined) return 'back';
      const candidates = draft.known.filter(one => mayBeTunedFrom(base, one));
      const checked = draft.tasks?.filter(({ path }) => path !== base.path);
      const answer = await pickTasks(at, candidates, checked?.length ? checked : undefined, base);
      if (typeof answer === 'string') return answer;
      draft.known = merge(draft.known, answer.known);
      draft.tasks = answer.chosen;
      return 'next';
    },
  ];
}
