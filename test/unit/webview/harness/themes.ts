/** Values that VS Code puts into webviews for three of its themes: what pages use of them, and the toolkit. */

export type ThemeName = 'light' | 'dark' | 'contrast';

export interface Theme {
  /** Classes of <body>. */
  readonly classes: string;
  /** Tokens without their `--vscode-` prefix. */
  readonly tokens: Readonly<Record<string, string>>;
}

const FONTS = {
  'font-family': 'system-ui, "Ubuntu", "Droid Sans", sans-serif',
  'font-size': '13px',
  'font-weight': 'normal',
  'editor-font-family': '"Droid Sans Mono", monospace',
  'editor-font-size': '14px',
};

const light: Theme = {
  classes: 'vscode-light',
  tokens: {
    ...FONTS,
    foreground: '#616161',
    descriptionForeground: '#717171',
    errorForeground: '#a1260d',
    'icon-foreground': '#424242',
    focusBorder: '#0090f1',
    'editor-background': '#ffffff',
    'editor-foreground': '#000000',
    'editor-inactiveSelectionBackground': '#e5ebf1',
    'panel-border': 'rgba(128, 128, 128, 0.35)',
    'widget-border': '#d4d4d4',
    'editorHoverWidget-background': '#f3f3f3',
    'editorHoverWidget-foreground': '#616161',
    'editorHoverWidget-border': '#c8c8c8',
    'textLink-foreground': '#006ab1',
    'button-background': '#007acc',
    'button-foreground': '#ffffff',
    'button-hoverBackground': '#0062a3',
    'button-secondaryBackground': '#5f6a79',
    'button-secondaryForeground': '#ffffff',
    'button-secondaryHoverBackground': '#4c5561',
    'input-background': '#ffffff',
    'input-foreground': '#616161',
    'input-placeholderForeground': '#767676',
    'settings-dropdownBorder': '#cecece',
    'dropdown-border': '#cecece',
    'inputValidation-warningBackground': '#f6f5d2',
    'inputValidation-warningBorder': '#b89500',
    'list-hoverBackground': '#e8e8e8',
    'list-inactiveSelectionBackground': '#e4e6f1',
    'list-activeSelectionBackground': '#0060c0',
    'list-activeSelectionForeground': '#ffffff',
    'scrollbarSlider-background': 'rgba(100, 100, 100, 0.4)',
    'scrollbarSlider-hoverBackground': 'rgba(100, 100, 100, 0.7)',
    'scrollbarSlider-activeBackground': 'rgba(0, 0, 0, 0.6)',
    'charts-foreground': '#616161',
    'charts-lines': 'rgba(97, 97, 97, 0.5)',
    'charts-red': '#e51400',
    'charts-blue': '#1a85ff',
    'charts-yellow': '#bf8803',
    'charts-orange': '#d18616',
    'charts-green': '#388a34',
    'charts-purple': '#652d90',
  },
};

const dark: Theme = {
  classes: 'vscode-dark',
  tokens: {
    ...FONTS,
    foreground: '#cccccc',
    descriptionForeground: 'rgba(204, 204, 204, 0.7)',
    errorForeground: '#f48771',
    'icon-foreground': '#c5c5c5',
    focusBorder: '#007fd4',
    'editor-background': '#1e1e1e',
    'editor-foreground': '#d4d4d4',
    'editor-inactiveSelectionBackground': '#3a3d41',
    'panel-border': 'rgba(128, 128, 128, 0.35)',
    'widget-border': '#303031',
    'editorHoverWidget-background': '#252526',
    'editorHoverWidget-foreground': '#cccccc',
    'editorHoverWidget-border': '#454545',
    'textLink-foreground': '#3794ff',
    'button-background': '#0e639c',
    'button-foreground': '#ffffff',
    'button-hoverBackground': '#1177bb',
    'button-secondaryBackground': '#3a3d41',
    'button-secondaryForeground': '#ffffff',
    'button-secondaryHoverBackground': '#45494e',
    'input-background': '#3c3c3c',
    'input-foreground': '#cccccc',
    'input-placeholderForeground': '#a6a6a6',
    'settings-dropdownBorder': '#3c3c3c',
    'dropdown-border': '#3c3c3c',
    'inputValidation-warningBackground': '#352a05',
    'inputValidation-warningBorder': '#b89500',
    'list-hoverBackground': '#2a2d2e',
    'list-inactiveSelectionBackground': '#37373d',
    'list-activeSelectionBackground': '#04395e',
    'list-activeSelectionForeground': '#ffffff',
    'scrollbarSlider-background': 'rgba(121, 121, 121, 0.4)',
    'scrollbarSlider-hoverBackground': 'rgba(100, 100, 100, 0.7)',
    'scrollbarSlider-activeBackground': 'rgba(191, 191, 191, 0.4)',
    'charts-foreground': '#cccccc',
    'charts-lines': 'rgba(204, 204, 204, 0.5)',
    'charts-red': '#f14c4c',
    'charts-blue': '#3794ff',
    'charts-yellow': '#cca700',
    'charts-orange': '#d18616',
    'charts-green': '#89d185',
    'charts-purple': '#b180d7',
  },
};

/** High contrast leaves most backgrounds out and has borders in their place. */
const contrast: Theme = {
  classes: 'vscode-high-contrast',
  tokens: {
    ...FONTS,
    foreground: '#ffffff',
    descriptionForeground: 'rgba(255, 255, 255, 0.7)',
    errorForeground: '#f48771',
    'icon-foreground': '#ffffff',
    focusBorder: '#f38518',
    contrastBorder: '#6fc3df',
    contrastActiveBorder: '#f38518',
    'editor-background': '#000000',
    'editor-foreground': '#ffffff',
    'editor-inactiveSelectionBackground': 'rgba(255, 255, 255, 0.35)',
    'panel-border': '#6fc3df',
    'widget-border': '#6fc3df',
    'editorHoverWidget-background': '#0c141f',
    'editorHoverWidget-foreground': '#ffffff',
    'editorHoverWidget-border': '#6fc3df',
    'textLink-foreground': '#21a6ff',
    'button-foreground': '#ffffff',
    'button-border': '#6fc3df',
    'button-secondaryForeground': '#ffffff',
    'input-background': '#000000',
    'input-foreground': '#ffffff',
    'input-border': '#6fc3df',
    'input-placeholderForeground': 'rgba(255, 255, 255, 0.7)',
    'settings-dropdownBorder': '#6fc3df',
    'dropdown-border': '#6fc3df',
    'inputValidation-warningBackground': '#000000',
    'inputValidation-warningBorder': '#6fc3df',
    'list-hoverBackground': 'rgba(255, 255, 255, 0.1)',
    'scrollbarSlider-background': 'rgba(111, 195, 223, 0.6)',
    'scrollbarSlider-hoverBackground': 'rgba(111, 195, 223, 0.8)',
    'scrollbarSlider-activeBackground': '#6fc3df',
    'charts-foreground': '#ffffff',
    'charts-lines': 'rgba(255, 255, 255, 0.5)',
    'charts-red': '#f14c4c',
    'charts-blue': '#3794ff',
    'charts-yellow': '#cca700',
    'charts-orange': '#d18616',
    'charts-green': '#89d185',
    'charts-purple': '#b180d7',
  },
};

/** Light+, Dark+ and High Contrast. */
export const THEMES: Readonly<Record<ThemeName, Theme>> = { light, dark, contrast };

/** Puts a theme into the page as VS Code does. @param still whether movement is reduced */
export const themeSetter =
  (still: boolean) =>
  (name: ThemeName): void => {
    const { classes, tokens } = THEMES[name];
    const { style } = document.documentElement;
    style.cssText = '';
    for (const [token, value] of Object.entries(tokens)) style.setProperty(`--vscode-${token}`, value);
    document.body.className = classes;
    if (still) document.body.classList.add('vscode-reduce-motion');
  };
