import * as l10n from '@vscode/l10n';
import { BUDGET_FORMS, NoBudget, NoPattern } from '../../../extension/shared/allocation/index.ts';
import { errorMessage } from '../../common/rpc.ts';
import { translated } from '../../common/translated.ts';

/** Why the input is not valid. */
export function faultText(error: unknown): string {
  if (error instanceof NoBudget)
    return l10n.t('"{0}" is not a budget; expected: {1}', error.given, translated(BUDGET_FORMS));
  if (error instanceof NoPattern) return l10n.t('{0} is not a valid regular expression', error.given);
  return errorMessage(error);
}
