/** The value of one of VS Code's tokens, such as `--vscode-charts-blue`; empty if the theme does not define it. */
export function token(name: `--vscode-${string}`): string {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

/** True in both high-contrast themes: VS Code sets `vscode-high-contrast` for the light one too. */
export const isHighContrast = (): boolean => document.body.classList.contains('vscode-high-contrast');

/** Whether to avoid motion: VS Code's own setting, or the system's. */
export const prefersReducedMotion = (): boolean =>
  document.body.classList.contains('vscode-reduce-motion') ||
  window.matchMedia('(prefers-reduced-motion: reduce)').matches;

/**
 * Calls `listener` after the theme changed, once for all the attributes that VS Code then sets: the classes of <body>
 * and the variables in the style of <html>. Returns a function that stops it.
 */
export function onThemeChange(listener: () => void): () => void {
  let frame: number | undefined;
  const observer = new MutationObserver(() => {
    frame ??= requestAnimationFrame(() => {
      frame = undefined;
      listener();
    });
  });
  observer.observe(document.body, { attributes: true, attributeFilter: ['class'] });
  observer.observe(document.documentElement, { attributes: true, attributeFilter: ['style'] });
  return () => {
    observer.disconnect();
    if (frame !== undefined) cancelAnimationFrame(frame);
  };
}
