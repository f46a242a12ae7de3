import { Chart } from 'chart.js';
import { FONT_SIZE, fontFamily } from '../../common/drawing.ts';
import { prefersReducedMotion, token } from '../../common/theme.ts';

/** Text settings that chart.js cannot inherit from the page. */
export function applyDefaults(): void {
  Chart.defaults.font.family = fontFamily();
  Chart.defaults.font.size = FONT_SIZE;
  Chart.defaults.color = token('--vscode-foreground');
  Chart.defaults.animation = prefersReducedMotion() ? false : { duration: 200 };
  Object.assign(Chart.defaults.plugins.tooltip, {
    backgroundColor: token('--vscode-editorHoverWidget-background'),
    borderColor: token('--vscode-editorHoverWidget-border'),
    borderWidth: 1,
    cornerRadius: 0,
    caretSize: 0,
    titleColor: token('--vscode-editorHoverWidget-foreground'),
    bodyColor: token('--vscode-editorHoverWidget-foreground'),
  });
}
