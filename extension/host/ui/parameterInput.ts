/** Asks for one value of a merge method's parameter. */
import { l10n } from 'vscode';
import type { MergeParameter, ParameterScalar } from '../../protocol/recipes.ts';
import { formatValue, isDefault, parseValue, type Fault } from '../../shared/mergeParameters.ts';
import { translated } from '../translated.ts';
import { ask } from './ask.ts';
import { pick, type PickItem } from './pick.ts';
import type { Position } from './wizard.ts';

interface ValueItem extends PickItem {
  readonly value: ParameterScalar;
}

/** "0.2 (default)", or "0.5 (default: 0.2)". */
export function describeValue(parameter: MergeParameter, value: ParameterScalar): string {
  return isDefault(parameter, value)
    ? l10n.t('{0} (default)', formatValue(value))
    : l10n.t('{0} (default: {1})', formatValue(value), formatValue(parameter.default));
}

/** The new value; undefined in it means the default. `input` is the name of the input that it applies to. */
export async function askValue(
  at: Position,
  parameter: MergeParameter,
  current: ParameterScalar,
  input?: string,
): Promise<{ readonly value: ParameterScalar | undefined } | 'back' | 'cancel'> {
  const { name, type, choices = [] } = parameter;
  const meaning = translated(parameter.meaning);
  const what = input === undefined ? name : l10n.t('{0} of {1}', name, input);
  if (type === 'choice') return choose(at, `${what}: ${meaning}`, parameter, choices, current);
  if (type === 'boolean') return choose(at, `${what}: ${meaning}`, parameter, [true, false], current);
  const answer = await ask({
    at,
    prompt: `${what}${rangeOf(parameter)}: ${meaning}`,
    value: formatValue(current),
    placeholder: l10n.t('Empty: the default, {0}', formatValue(parameter.default)),
    validate: text => {
      const parsed = parseValue(parameter, text);
      return 'fault' in parsed ? describeFault(parsed.fault) : undefined;
    },
  });
  if (typeof answer === 'string') return answer;
  const parsed = parseValue(parameter, answer.text);
  return 'fault' in parsed ? 'back' : parsed;
}

async function choose(
  at: Position,
  placeholder: string,
  parameter: MergeParameter,
  values: readonly (string | boolean)[],
  current: ParameterScalar,
): Promise<{ readonly value: ParameterScalar } | 'back' | 'cancel'> {
  const items = values.map((value): ValueItem => ({
    label: formatValue(value),
    description: isDefault(parameter, value) ? l10n.t('default') : undefined,
    value,
  }));
  const answer = await pick({ at, placeholder, items, active: ({ value }) => value === current });
  if (answer === 'back' || answer === 'cancel') return answer;
  const chosen = answer === 'button' ? undefined : answer[0];
  return chosen === undefined ? 'back' : { value: chosen.value };
}

function rangeOf({ minimum, maximum }: MergeParameter): string {
  if (minimum === undefined || maximum === undefined) return '';
  return ` (${l10n.t('{0} to {1}', minimum, maximum)})`;
}

function describeFault(fault: Fault): string {
  switch (fault.kind) {
    case 'number':
      return l10n.t('Write a number, for example 0.5; or a list over the layers, for example [0.2, 0.8]');
    case 'list':
      return l10n.t('Write numbers between the brackets, with commas between them');
    case 'integer':
      return l10n.t('Write a whole number');
    case 'range':
      return l10n.t('Write a value from {0} to {1}', fault.minimum, fault.maximum);
  }
}
