/** The steps that choose a base model and what was fine-tuned from it. */
import { proposeBase } from '../../formats/discover.ts';
import { merge, pickBase, pickTasks } from '../ui/checkpointPicks.ts';
import type { Step } from '../ui/wizard.ts';
import type { QuantizeDraft } from './quantizeDraft.ts';

/** How many of the steps are already answered. */
export const answered = ({ base, tasks }: QuantizeDraft): number =>
  base === undefined ? 0 : tasks === undefined ? 1 : 2;

/** Keep their answers in the draft. */
export function selectionSteps(draft: QuantizeDraft): [chooseBase: Step, chooseTasks: Step] {
  return [
    async at => {
      const answer = await pickBase(at, draft.known, draft.base ?? proposeBase(draft.known));
      if (typeof answer === 'string') return answer;
      const { architecture } = answer.chosen;
      if (draft.tasks?.some(task => task.architecture !== architecture)) draft.tasks = undefined;
      draft.known = answer.known;
      draft.base = answer.chosen;
      return 'next';
    },
    async at => {
      const { base } = draft;
      if (base === undefined) return 'back';
      const candidates = draft.known.filter(
        ({ architecture, path }) => architecture === base.architecture && path !== base.path,
      );
      const checked = draft.tasks?.filter(({ path }) => path !== base.path);
      const answer = await pickTasks(at, candidates, checked?.length ? checked : undefined, base);
      if (typeof answer === 'string') return answer;
      draft.known = merge(draft.known, answer.known);
      draft.tasks = answer.chosen;
      return 'next';
    },
  ];
}
