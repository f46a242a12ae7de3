import { THEMES, type ThemeName } from './themes.ts';

declare global {
  /** Gives a page of the harness another theme. */
  var setTheme: (name: ThemeName) => void;
}

/** Gives the page a theme as VS Code does; with `?still` in the address it also asks to reduce motion. */
export function setTheme(name: ThemeName): void {
  const { classes, tokens } = THEMES[name];
  const style = document.documentElement.style;
  style.cssText = '';
  for (const [token, value] of Object.entries(tokens)) style.setProperty(`--vscode-${token}`, value);
  document.body.className = classes;
  if (new URLSearchParams(location.search).has('still')) document.body.classList.add('vscode-reduce-motion');
}

globalThis.setTheme = setTheme;
