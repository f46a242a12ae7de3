import { l10n } from 'vscode';
import type { MergeMethodInfo, OutputDtype } from '../../protocol/recipes.ts';
import { ON_MISMATCH, type OnMismatch } from '../../shared/mismatch.ts';
import { dtypesOf, OUTPUT_FORMS, outputForm, type OutputFormName } from '../../shared/outputForms.ts';
import { startWriting } from '../jobs/again.ts';
import { translated } from '../translated.ts';
import {
  baseNeed,
  checkpointsOf,
  chooseMethod,
  fittingMethods,
  proposedOutput,
  readFrom,
  recipeOf,
  settledBase,
  type MergeDraft,
} from '../merge/draft.ts';
import { checkpointSource, fitsAsBase, inputsOf, mergeSources, sourceId } from '../merge/sources.ts';
import type { Services } from '../services.ts';
import { readAllowNonfinite, readRunOptions } from '../settings.ts';
import { pickBase, pickBaseOrNone } from '../ui/checkpointPicks.ts';
import { pickFolder } from '../ui/folderPick.ts';
import { pickInputs } from '../ui/mergeInputPick.ts';
import { viewPlan } from '../ui/mergePlanView.ts';
import { pickMethod } from '../ui/methodPick.ts';
import type { Output } from '../ui/outputPick.ts';
import { heading, pick, type PickItem } from '../ui/pick.ts';
import { pickParameters } from '../ui/parameterPick.ts';
import { required, runWizard, type Position, type Step, type Turn } from '../ui/wizard.ts';
import type { Run } from './command.ts';
import { browseSources, mergeDraftFrom } from './mergeSelection.ts';
import { selectedPaths } from './selection.ts';

/** From the palette, the explorer or the checkpoint tree: asks what to merge and how, then runs the engine. */
export const run: Run = async (services, ...args) => {
  const draft = await mergeDraftFrom(services, selectedPaths(args));
  const methods = services.engine.methods(null, readRunOptions());
  // The method step reports it; until then a failure must not be an unhandled rejection.
  methods.catch(() => undefined);
  const steps = stepsOf(services, draft, methods);
  if (!(await runWizard(l10n.t('Merge Models'), steps))) return;
  await startWriting(services, { ...recipeOf(draft), allowNonfinite: readAllowNonfinite() });
};

function stepsOf(
  { engine, log }: Services,
  draft: MergeDraft,
  methods: Promise<readonly MergeMethodInfo[]>,
): Step[] {
  const planned = (asked: MergeDraft, output: Output) =>
    viewPlan(recipeOf(asked, output), recipe => engine.planMerge(recipe, readRunOptions()));

  const chooseInputs: Step = async at => {
    const answer = await pickInputs(at, draft, browseSources);
    if (typeof answer === 'string') return answer;
    Object.assign(draft, answer);
    return 'next';
  };
  const chooseTheMethod: Step = async at => {
    const fitting = methods.then(all => fittingMethods(all, draft.inputs.length));
    const answer = await pickMethod(titled(at, draft), fitting, draft.method);
    if (typeof answer === 'string') return answer;
    chooseMethod(draft, answer);
    return 'next';
  };
  const chooseBase: Step = async (at, forward) => {
    if (baseNeed(draft) === 'unused') return forward ? 'next' : 'back';
    const settled = settledBase(draft);
    if (settled === undefined || !forward) return askBase(titled(at, draft), draft);
    draft.base = settled;
    return 'next';
  };
  const chooseParameters: Step = async at => {
    for (;;) {
      const names = inputsOf(draft.inputs);
      const answer = await pickParameters(titled(at, draft), {
        method: required(draft.method),
        inputs: draft.inputs.map((source, i) => ({ name: names[i]?.name ?? '', id: sourceId(source) })),
        edits: draft.edits,
        base: describeBase(draft),
        mismatch: describeMismatch(draft.onMismatch),
        form: describeForm(draft),
        plan: edits => planned({ ...draft, edits }, { path: proposedOutput(draft), overwrite: true }),
      });
      draft.edits = answer.edits;
      const { turn } = answer;
      if (turn !== 'base' && turn !== 'mismatch' && turn !== 'form') return turn;
      const ask = { base: askBase, mismatch: askMismatch, form: askForm }[turn];
      if ((await ask({ ...titled(at, draft), canGoBack: true }, draft)) === 'cancel') return 'cancel';
    }
  };
  const chooseOutput: Step = async at => {
    const earlier = draft.output?.path;
    const answer = await pickFolder({
      at: titled(at, draft),
      proposed:
        earlier !== undefined && outputForm(earlier).name === draft.form ? earlier : proposedOutput(draft),
      plan: output => planned(draft, output),
      refuse: folder => {
        const [first] = readFrom(draft, folder);
        return (
          first && l10n.t('{0} holds {1}, which is one of the inputs. Choose another folder.', folder, first)
        );
      },
    });
    if (typeof answer === 'string') return answer;
    draft.output = answer.output;
    for (const warning of answer.plan.warnings) log.warn(warning);
    return 'next';
  };
  return [chooseInputs, chooseTheMethod, chooseBase, chooseParameters, chooseOutput];
}

/** The title of later steps says what is merged, and how. */
function titled(at: Position, { inputs, method }: MergeDraft): Position {
  const names = inputsOf(inputs).map(({ name }) => name);
  const what = names.length > 3 ? l10n.t('{0} Models', names.length) : names.join(', ');
  const title =
    method && at.step > 2 ? l10n.t('Merge {0} with {1}', what, method.title) : l10n.t('Merge {0}', what);
  return { ...at, title };
}

/** Keeps the answer in the draft. Models that cannot be the base are offered only if there are no others. */
async function askBase(at: Position, draft: MergeDraft): Promise<Turn> {
  const checkpoints = checkpointsOf(draft.known);
  const fitting = checkpoints.filter(checkpoint => fitsAsBase(checkpoint, draft.inputs));
  const candidates = fitting.length > 0 ? fitting : checkpoints;
  const proposed = settledBase(draft);
  const meaning = l10n.t('Merges the models as they are, not their differences from a base model');
  const answer =
    baseNeed(draft) === 'required'
      ? await pickBase(at, candidates, proposed === 'none' ? undefined : proposed)
      : await pickBaseOrNone(at, candidates, proposed, meaning);
  if (answer === 'back' || answer === 'cancel') return answer;
  draft.base = answer === 'none' ? 'none' : answer.chosen;
  if (answer !== 'none') draft.known = mergeSources(draft.known, answer.known.map(checkpointSource));
  return 'next';
}

const describeMismatch = (onMismatch: OnMismatch): string => {
  const known = ON_MISMATCH.find(({ name }) => name === onMismatch);
  return known ? translated(known.meaning) : onMismatch;
};

/** Keeps the answer in the draft. */
async function askMismatch(at: Position, draft: MergeDraft): Promise<Turn> {
  const answer = await pick({
    at,
    placeholder: l10n.t('Tensors that a model lacks or has in a different shape'),
    items: ON_MISMATCH.map(({ name }) => ({ label: describeMismatch(name), name })),
    active: item => item.name === draft.onMismatch,
  });
  if (answer === 'back' || answer === 'cancel') return answer;
  if (answer !== 'button' && answer[0]) draft.onMismatch = answer[0].name;
  return 'next';
}

/** undefined if there is nothing to choose. */
function describeBase(draft: MergeDraft): string | undefined {
  if (baseNeed(draft) === 'unused') return undefined;
  const { base } = draft;
  return base === undefined || base === 'none' ? l10n.t('none') : base.name;
}

/** "GGUF", with the dtype if one was chosen. */
const describeForm = ({ form, dtype }: MergeDraft): string => {
  const known = OUTPUT_FORMS.find(({ name }) => name === form);
  const meaning = known ? translated(known.meaning) : form;
  return dtype === undefined ? meaning : `${meaning} · ${dtype}`;
};

interface FormItem extends PickItem {
  readonly form?: OutputFormName;
  readonly dtype?: OutputDtype | undefined;
}

/** Keeps the answer in the draft. */
async function askForm(at: Position, draft: MergeDraft): Promise<Turn> {
  const answer = await pick<FormItem>({
    at,
    placeholder: l10n.t('What the model is written as'),
    items: OUTPUT_FORMS.flatMap(({ name: form, meaning }): FormItem[] => [
      heading(translated(meaning)),
      { label: l10n.t("The base's dtype"), description: form, form },
      ...dtypesOf(form).map(dtype => ({
        label: dtype.name,
        description: form,
        detail: translated(dtype.meaning),
        form,
        dtype: dtype.name,
      })),
    ]),
    active: item => item.form === draft.form && item.dtype === draft.dtype,
  });
  if (answer === 'back' || answer === 'cancel') return answer;
  const chosen = answer === 'button' ? undefined : answer[0];
  if (chosen?.form !== undefined) Object.assign(draft, { form: chosen.form, dtype: chosen.dtype });
  return 'next';
}
