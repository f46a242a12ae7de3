/** Answers of the merge wizard, and the recipe they make. No `vscode` here, so that tests can run it. */
import { join } from 'node:path';
import type { CheckpointSummary } from '../../protocol/checkpoints.ts';
import type { MergeMethodInfo, MergeRecipe } from '../../protocol/recipes.ts';
import { commonFolder } from '../commonFolder.ts';
import { isInside } from '../../files/isInside.ts';
import { inputParametersOf, NO_EDITS, type Edits } from '../../shared/mergeParameters.ts';
import { OUTPUT_FORMS, type OutputFormName } from '../../shared/outputForms.ts';
import { required } from '../ui/wizard.ts';
import { mergeRecipe } from './recipe.ts';
import { clearBase, fitsAsBase, inputsOf, sourceId, type MergeSource } from './sources.ts';

/** Answers so far; the wizard fills in the rest. */
export interface MergeDraft {
  /** Models and tasks to choose from. */
  known: readonly MergeSource[];
  inputs: readonly MergeSource[];
  method: MergeMethodInfo | undefined;
  /** `none`: the user wants no base model; undefined: not asked yet. */
  base: CheckpointSummary | 'none' | undefined;
  edits: Edits;
  /** What to do with tensors that some model lacks or has in another shape. */
  onMismatch: MergeRecipe['onMismatch'];
  /** What is written: its form, and the dtype; undefined: the base's. */
  form: OutputFormName;
  dtype: MergeRecipe['dtype'];
  output: { readonly path: string; readonly overwrite: boolean } | undefined;
}

export const checkpointsOf = (sources: readonly MergeSource[]): CheckpointSummary[] =>
  sources.flatMap(source => (source.task === undefined ? [source.checkpoint] : []));

/** Whether a merge by this method has a base model: .tvq files always need theirs. */
export function baseNeed({ method, inputs }: MergeDraft): MergeMethodInfo['base'] {
  if (inputs.some(({ task }) => task !== undefined)) return 'required';
  return method?.base ?? 'required';
}

/** The base without asking: the earlier answer if it still fits, else the one that is clear. */
export function settledBase(draft: MergeDraft): MergeDraft['base'] {
  const { base, inputs, known } = draft;
  if (base === 'none' ? baseNeed(draft) === 'optional' : base && fitsAsBase(base, inputs)) return base;
  return clearBase(inputs, checkpointsOf(known));
}

/** Methods that take this many inputs. */
export function fittingMethods(methods: readonly MergeMethodInfo[], inputs: number): MergeMethodInfo[] {
  return methods.filter(
    ({ minimumInputs, maximumInputs = Infinity }) => minimumInputs <= inputs && inputs <= maximumInputs,
  );
}

/** Another method has other parameters, and other ranges for those of the same name. */
export function chooseMethod(draft: MergeDraft, method: MergeMethodInfo): void {
  if (draft.method?.name !== method.name) draft.edits = NO_EDITS;
  draft.method = method;
}

/** A folder or file beside the inputs, named after the method. */
export function proposedOutput({ inputs, method, form }: MergeDraft): string {
  const folder = commonFolder(inputs.map(({ path }) => path));
  const ending = OUTPUT_FORMS.find(({ name }) => name === form)?.ending ?? '';
  return join(folder, `merged-${required(method).name.replaceAll('_', '-')}${ending}`);
}

/** Inputs inside a folder: it cannot be the output, because replacing it would delete them. */
export function readFrom(draft: MergeDraft, folder: string): string[] {
  const read = draft.inputs.map(({ path }) => path);
  return [...read, basePath(draft) ?? []].flat().filter(path => isInside(path, folder));
}

/** Ignores an answer given for an earlier method. */
function basePath(draft: MergeDraft): string | undefined {
  const { base } = draft;
  return base === undefined || base === 'none' || baseNeed(draft) === 'unused' ? undefined : base.path;
}

/** @param output used if the draft has none yet */
export function recipeOf(draft: MergeDraft, output = required(draft.output)): MergeRecipe {
  const { inputs, edits } = draft;
  return mergeRecipe({
    base: basePath(draft),
    inputs: inputsOf(inputs),
    method: required(draft.method).name,
    parameters: edits.shared,
    inputParameters: inputParametersOf(edits, inputs.map(sourceId)),
    onMismatch: draft.onMismatch,
    dtype: draft.dtype,
    output: output.path,
    overwrite: output.overwrite,
    compare: [],
  });
}
