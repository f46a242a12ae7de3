/** The step that shows a merge method's parameters, edits them, and says what would be written. */
import { l10n } from 'vscode';
import type { MergeMethodInfo, MergeParameter } from '../../protocol/recipes.ts';
import { formatValue, valueOf, valuesOf, withValue, type Edits } from '../../shared/mergeParameters.ts';
import { translated } from '../translated.ts';
import { askValue, describeValue } from './parameterInput.ts';
import type { PlanView } from './mergePlanView.ts';
import { heading, pick, type PickItem } from './pick.ts';
import type { Position } from './wizard.ts';

interface ParameterItem extends PickItem {
  readonly action?: MergeParameter | 'continue' | 'base' | 'mismatch' | 'form';
  /** Why it cannot go on. */
  readonly fault?: string;
}

interface InputItem extends PickItem {
  readonly input?: ParameterRequest['inputs'][number];
}

export interface ParameterRequest {
  readonly method: MergeMethodInfo;
  /** In the recipe's order, each with the id under which its own values are kept. */
  readonly inputs: readonly { readonly name: string; readonly id: string }[];
  readonly edits: Edits;
  /** Name of the base model; undefined if the merge cannot have one. */
  readonly base: string | undefined;
  /** What is done with tensors that differ, in words. */
  readonly mismatch: string;
  /** What the model is written as, in words. */
  readonly form: string;
  /** What would be done with these values. */
  readonly plan: (edits: Edits) => Promise<PlanView>;
}

/** How the step ended, and the current values, which are kept even when the user goes back. */
export interface ParameterAnswer {
  readonly turn: 'next' | 'back' | 'cancel' | 'base' | 'mismatch' | 'form';
  readonly edits: Edits;
}

export async function pickParameters(at: Position, request: ParameterRequest): Promise<ParameterAnswer> {
  const { plan } = request;
  let { edits } = request;
  for (;;) {
    const answer = await pick<ParameterItem>({
      at,
      placeholder: l10n.t('Continue, or choose a value to change'),
      items: plan(edits).then(view => itemsOf(request, edits, view)),
      validate: ([item]) => item?.fault,
    });
    if (answer === 'back' || answer === 'cancel') return { turn: answer, edits };
    const action = answer === 'button' ? undefined : answer[0]?.action;
    if (action === 'continue') return { turn: 'next', edits };
    if (action === 'base' || action === 'mismatch' || action === 'form') return { turn: action, edits };
    if (action === undefined) continue;
    const edited = await edit(at, request, edits, action);
    if (edited === 'cancel') return { turn: 'cancel', edits };
    edits = edited;
  }
}

function itemsOf(request: ParameterRequest, edits: Edits, view: PlanView): ParameterItem[] {
  const { method, base, mismatch, form } = request;
  const items: ParameterItem[] = [continueItem(view), heading(method.title)];
  for (const parameter of method.parameters) {
    items.push({
      label: parameter.name,
      description: currentValues(request, edits, parameter),
      detail: translated(parameter.meaning),
      action: parameter,
    });
  }
  items.push(heading(l10n.t('model')));
  if (base !== undefined) items.push({ label: l10n.t('Base model'), description: base, action: 'base' });
  items.push({
    label: l10n.t('Tensors that differ'),
    description: mismatch,
    detail: l10n.t('What happens to tensors that a model lacks or has in a different shape'),
    action: 'mismatch',
  });
  items.push({
    label: l10n.t('Written as'),
    description: form,
    detail: l10n.t('A folder or one file, and the dtype of the weights'),
    action: 'form',
  });
  return items;
}

function continueItem({ fault, size, warnings }: PlanView): ParameterItem {
  const [first] = warnings;
  const more = warnings.length > 1 ? ` ${l10n.t('(and {0} more)', warnings.length - 1)}` : '';
  return {
    label: l10n.t('Continue'),
    icon: 'arrow-right',
    description: size,
    detail: fault ?? (first && first + more),
    detailIcon: fault !== undefined ? 'error' : first && 'warning',
    alwaysShow: true,
    action: 'continue',
    fault,
  };
}

/** One value with its default, or each input's. */
function currentValues({ inputs }: ParameterRequest, edits: Edits, parameter: MergeParameter): string {
  const ids = inputs.map(({ id }) => id);
  const values = valuesOf(parameter, edits, ids);
  const [only] = values;
  if (values.length < 2) return only === undefined ? '' : describeValue(parameter, only);
  return inputs.map(({ name }, i) => `${name} ${formatValue(values[i] ?? parameter.default)}`).join(' · ');
}

/** The edits after the user changed one parameter, or left it. */
async function edit(
  at: Position,
  { inputs }: ParameterRequest,
  edits: Edits,
  parameter: MergeParameter,
): Promise<Edits | 'cancel'> {
  const inner = { ...at, canGoBack: true };
  if (!parameter.perInput || inputs.length < 2) {
    const answer = await askValue(inner, parameter, valueOf(parameter, edits, inputs[0]?.id));
    if (answer === 'cancel') return answer;
    return answer === 'back' ? edits : withValue(edits, parameter, answer.value);
  }
  const done: InputItem = { label: l10n.t('Done'), icon: 'check' };
  const all: InputItem = { label: l10n.t('All inputs') };
  for (;;) {
    const each = inputs.map((input): InputItem => {
      const description = describeValue(parameter, valueOf(parameter, edits, input.id));
      return { label: input.name, description, input };
    });
    const answer = await pick<InputItem>({
      at: inner,
      placeholder: l10n.t('{0} of which input?', parameter.name),
      items: [done, all, ...each],
    });
    if (answer === 'cancel') return answer;
    if (answer === 'back' || answer === 'button' || answer[0] === done) return edits;
    const input = answer[0]?.input;
    const current = valueOf(parameter, edits, input?.id);
    const value = await askValue(inner, parameter, current, input?.name);
    if (value === 'cancel') return value;
    if (value === 'back') continue;
    edits = withValue(edits, parameter, value.value, input?.id);
    if (input === undefined) return edits;
  }
}
