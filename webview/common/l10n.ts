/** The editor's language. A page imports this before all else: constants are texts too. */
import * as l10n from '@vscode/l10n';

const translations = document.getElementById('l10n')?.textContent;
if (translations) l10n.config({ contents: translations });
