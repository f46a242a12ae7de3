import * as l10n from '@vscode/l10n';
import type { TensorKind } from '../../extension/protocol/tvq.ts';
import type { LegendEntry } from './chartFrame.ts';

/** Names and styles of the kinds of tensors; charts-orange is avoided, as it is transparent in some themes. */
export const KINDS: Readonly<Record<TensorKind, LegendEntry>> = {
  attention: { label: l10n.t('attention'), style: { token: '--vscode-charts-blue', pattern: 'solid' } },
  mlp: { label: l10n.t('MLP'), style: { token: '--vscode-charts-green', pattern: 'stripes' } },
  norm: { label: l10n.t('norms'), style: { token: '--vscode-charts-yellow', pattern: 'dots' } },
  embedding: { label: l10n.t('embeddings'), style: { token: '--vscode-charts-purple', pattern: 'hollow' } },
  head: { label: l10n.t('head'), style: { token: '--vscode-charts-red', pattern: 'dots' } },
  convolution: {
    label: l10n.t('convolutions'),
    style: { token: '--vscode-charts-foreground', pattern: 'stripes' },
  },
  bias: { label: l10n.t('biases'), style: { token: '--vscode-descriptionForeground', pattern: 'hollow' } },
  other: { label: l10n.t('other'), style: { token: '--vscode-descriptionForeground', pattern: 'solid' } },
};
