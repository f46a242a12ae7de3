/** The editor's language. Pages import this first, because constants contain texts too. */
import * as l10n from '@vscode/l10n';

const translations = document.getElementById('l10n')?.textContent;
if (translations) l10n.config({ contents: translations });
