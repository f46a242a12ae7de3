import type { TensorKind } from '../../extension/protocol.ts';
import type { LegendEntry } from './chartFrame.ts';

/** How kinds of tensors are called and drawn; charts-orange is left out, some themes have it see-through. */
export const KINDS: Readonly<Record<TensorKind, LegendEntry>> = {
  attention: { label: 'attention', style: { token: '--vscode-charts-blue', pattern: 'solid' } },
  mlp: { label: 'MLP', style: { token: '--vscode-charts-green', pattern: 'stripes' } },
  norm: { label: 'norms', style: { token: '--vscode-charts-yellow', pattern: 'dots' } },
  embedding: { label: 'embeddings', style: { token: '--vscode-charts-purple', pattern: 'hollow' } },
  head: { label: 'head', style: { token: '--vscode-charts-red', pattern: 'dots' } },
  convolution: { label: 'convolutions', style: { token: '--vscode-charts-foreground', pattern: 'stripes' } },
  bias: { label: 'biases', style: { token: '--vscode-descriptionForeground', pattern: 'hollow' } },
  other: { label: 'other', style: { token: '--vscode-descriptionForeground', pattern: 'solid' } },
};
