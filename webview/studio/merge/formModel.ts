/** The form of a merge, from the registry's methods; nothing here touches the page. */
import * as l10n from '@vscode/l10n';
import type { StudioMergeRecipe } from '../../../extension/protocol/merge.ts';
import type {
  MergeMethodInfo,
  MergeParameter,
  ParameterScalar,
} from '../../../extension/protocol/recipes.ts';
import type { StudioSelection } from '../../../extension/protocol/studio.ts';
import {
  formatValue,
  inputParametersOf,
  isDefault,
  valueOf,
  valuesOf,
  type Edits,
  type Fault,
} from '../../../extension/shared/mergeParameters.ts';
import { editsOf, type MergeTabState } from './mergeState.ts';

const FAMILIES: Readonly<Record<MergeMethodInfo['family'], string>> = {
  vectors: l10n.t('On task vectors'),
  models: l10n.t('On whole models'),
  spectral: l10n.t('By singular values'),
};

export interface MethodGroup {
  readonly label: string;
  readonly methods: readonly MergeMethodInfo[];
}

/** Methods by family, in the registry's order. */
export function methodGroups(methods: readonly MergeMethodInfo[]): MethodGroup[] {
  return Object.entries(FAMILIES)
    .map(([family, label]) => ({ label, methods: methods.filter(method => method.family === family) }))
    .filter(group => group.methods.length > 0);
}

/** A method's label in the list, with the reason if it cannot merge this many tasks. */
export function methodLabel(method: MergeMethodInfo, tasks: number): string {
  const { title, minimumInputs, maximumInputs = Infinity } = method;
  if (tasks < minimumInputs) {
    return minimumInputs === 1
      ? l10n.t('{0} (needs 1 task)', title)
      : l10n.t('{0} (needs {1} tasks)', title, minimumInputs);
  }
  return tasks > maximumInputs ? l10n.t('{0} (takes at most {1} tasks)', title, maximumInputs) : title;
}

/** Why a method cannot merge this many tasks; undefined when it can. */
export function misfit(method: MergeMethodInfo, tasks: number): string | undefined {
  const { title, minimumInputs, maximumInputs = Infinity } = method;
  if (tasks === 0) return l10n.t('Check at least one task.');
  if (tasks < minimumInputs) {
    return tasks === 1
      ? l10n.t('{0} needs {1} tasks, and 1 is checked.', title, minimumInputs)
      : l10n.t('{0} needs {1} tasks, and {2} are checked.', title, minimumInputs, tasks);
  }
  return tasks > maximumInputs
    ? l10n.t('{0} takes at most {1} tasks, and {2} are checked.', title, maximumInputs, tasks)
    : undefined;
}

/** The method that was chosen, else the first one on task vectors. */
export function chosenMethod(
  methods: readonly MergeMethodInfo[],
  { method }: Pick<MergeTabState, 'method'>,
): MergeMethodInfo | undefined {
  return (
    methods.find(({ name }) => name === method) ??
    methods.find(({ family }) => family === 'vectors') ??
    methods[0]
  );
}

/** Names of the tasks to merge, in the selection's order. */
export const includedTasks = (
  { tasks }: StudioSelection,
  { excluded }: Pick<MergeTabState, 'excluded'>,
): string[] => tasks.map(({ name }) => name).filter(name => !excluded.includes(name));

/** What a parameter's field shows. */
export interface FieldValue {
  /** As it would be typed; empty where tasks have values of their own. */
  readonly text: string;
  /** "0.5 – 1 by task". */
  readonly placeholder: string;
  readonly changed: boolean;
}

export function fieldValue(parameter: MergeParameter, edits: Edits, tasks: readonly string[]): FieldValue {
  const values = valuesOf(parameter, edits, tasks);
  const changed = values.some(value => !isDefault(parameter, value));
  const [only] = values;
  if (values.length <= 1) {
    return { text: formatValue(only ?? valueOf(parameter, edits)), placeholder: '', changed };
  }
  return { text: '', placeholder: l10n.t('{0} by task', rangeOf(values)), changed };
}

/** "0.5 – 1" for numbers, the distinct values for anything else. */
export function rangeOf(values: readonly ParameterScalar[]): string {
  const numbers = values.filter(value => typeof value === 'number');
  if (numbers.length < values.length) return [...new Set(values.map(formatValue))].join(', ');
  const [least, most] = [Math.min(...numbers), Math.max(...numbers)];
  return least === most ? formatValue(least) : `${formatValue(least)} – ${formatValue(most)}`;
}

/** "Default 0.2, from 0 to 1." */
export function describeDefault(parameter: MergeParameter): string {
  const { minimum, maximum } = parameter;
  const standard = formatValue(parameter.default);
  return minimum === undefined || maximum === undefined
    ? l10n.t('Default {0}.', standard)
    : l10n.t('Default {0}, from {1} to {2}.', standard, minimum, maximum);
}

export function describeFault(fault: Fault): string {
  switch (fault.kind) {
    case 'number':
      return l10n.t('Write a number, for example 0.5, or a list over the layers, for example [0.2, 0.8].');
    case 'list':
      return l10n.t('Write numbers between the brackets, with commas between them.');
    case 'integer':
      return l10n.t('Write a whole number.');
    case 'range':
      return l10n.t('Write a value from {0} to {1}.', fault.minimum, fault.maximum);
  }
}

/** Parameters that can be set by a slider per task. */
export const taskParameters = ({ parameters }: MergeMethodInfo): MergeParameter[] =>
  parameters.filter(({ perInput, type }) => perInput && (type === 'number' || type === 'integer'));

export interface SliderRange {
  readonly minimum: number;
  readonly maximum: number;
  readonly step: number;
}

/** Ranges up to this width get a slider over all of it. */
const SLIDER_SPAN = 2;
const STEPS = 100;

/** What a slider spans: the whole range if it is narrow, else from 0 to twice the default, extended to all values. */
export function sliderRange(parameter: MergeParameter, values: readonly ParameterScalar[]): SliderRange {
  const { type, minimum = -Infinity, maximum = Infinity, default: standard } = parameter;
  const integer = type === 'integer';
  if (maximum - minimum <= SLIDER_SPAN) {
    return { minimum, maximum, step: integer ? 1 : (maximum - minimum) / STEPS };
  }
  const numbers = [standard, ...values].filter(value => typeof value === 'number');
  const least = Math.max(minimum, Math.min(0, ...numbers));
  const most = Math.min(
    maximum,
    Math.max(1, ...numbers.map(value => (value === standard ? 2 * value : value))),
  );
  return { minimum: least, maximum: most, step: integer ? 1 : 1 / STEPS };
}

/** The choices to send to the host. */
export function choicesOf(
  state: MergeTabState,
  method: MergeMethodInfo,
  selection: StudioSelection,
): StudioMergeRecipe {
  const tasks = includedTasks(selection, state);
  const edits = editsOf(state.edits[method.name]);
  const known = new Set(method.parameters.map(({ name }) => name));
  const declared = (values: Readonly<Record<string, ParameterScalar>>) =>
    Object.fromEntries(Object.entries(values).filter(([name]) => known.has(name)));
  const byTask = inputParametersOf(edits, tasks).map(declared);
  return {
    method: method.name,
    tasks,
    parameters: declared(edits.shared),
    taskParameters: Object.fromEntries(tasks.map((task, at) => [task, byTask[at] ?? {}])),
    onMismatch: state.onMismatch,
    dtype: state.dtype === '' ? undefined : state.dtype,
    compare: state.compare && comparableTasks(selection, tasks),
    output: state.output === '' ? undefined : state.output,
  };
}

/** Whether the checkpoints of all tasks of a .tvq file are known. */
export const comparableTasks = ({ source, tasks }: StudioSelection, included: readonly string[]): boolean =>
  source !== undefined &&
  tasks.filter(({ name }) => included.includes(name)).every(({ path }) => path !== source);
