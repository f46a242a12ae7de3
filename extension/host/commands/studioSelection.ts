/** Which models the Studio is about: from what was clicked, or asked for. */
import { l10n } from 'vscode';
import type { StudioSelection } from '../../protocol/studio.ts';
import type { Services } from '../services.ts';
import { runWizard } from '../ui/wizard.ts';
import { draftFrom, taskNames } from './quantizeDraft.ts';
import { answered, selectionSteps } from './selectionSteps.ts';

/** Asks for what is not clear from `paths`; undefined when the user backed out. */
export async function chooseSelection(
  { checkpoints }: Pick<Services, 'checkpoints'>,
  paths: readonly string[] | undefined,
): Promise<StudioSelection | undefined> {
  const draft = await draftFrom(checkpoints, paths);
  if (draft === undefined) return undefined;
  if (!(await runWizard(l10n.t('TVQ Studio'), selectionSteps(draft), answered(draft)))) return undefined;
  const { base, tasks } = draft;
  if (base === undefined || tasks === undefined) return undefined;
  return { base: { name: base.name, path: base.path }, tasks: taskNames(tasks) };
}
