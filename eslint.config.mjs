import { dirname, relative, resolve, sep } from 'node:path';
import js from '@eslint/js';
import tseslint from 'typescript-eslint';

/** The walls of the house: files in `of` may not import from `from`, but for what matches `except`; from `types` types alone. */
const WALLS = [
  {
    of: /^extension\/engine\//,
    from: /^(extension\/host|webview)\//,
    why: 'the engine knows nothing of VS Code or pages',
  },
  {
    of: /^extension\/host\//,
    from: /^(extension\/engine|kernels|webview)\//,
    why: 'the host meets the engine in files/, formats/, shared/ and protocol/',
  },
  {
    of: /^extension\/(files|formats|protocol)\//,
    from: /^(extension\/(engine|host)|webview)\//,
    why: 'what host and engine share knows neither',
  },
  { of: /^kernels\//, from: /^(extension|webview)\//, why: 'kernels import nothing of the project' },
  {
    of: /^webview\//,
    from: /^(extension|kernels)\//,
    except: /^extension\/(protocol|shared)\//,
    types: /^extension\/protocol\//,
    why: 'pages import protocol types and shared pure functions',
  },
  {
    of: /^extension\/shared\//,
    from: /^(extension|webview|kernels)\//,
    except: /^extension\/(protocol|shared)\//,
    types: /^extension\/protocol\//,
    why: 'shared functions are pure: they import protocol types only',
  },
];

/** Reports imports that go through a wall. */
const walls = {
  create(context) {
    const pathOf = file => relative(import.meta.dirname, file).replaceAll(sep, '/');
    const importer = pathOf(context.filename);
    const check = ({ source, importKind, exportKind }) => {
      if (!source?.value?.startsWith?.('.')) return;
      const imported = pathOf(resolve(dirname(context.filename), source.value));
      const wall = WALLS.find(
        ({ of, from, except, types }) =>
          of.test(importer) &&
          from.test(imported) &&
          (!except?.test(imported) || (types?.test(imported) && ![importKind, exportKind].includes('type'))),
      );
      if (wall) context.report({ node: source, message: `${importer} imports ${imported}: ${wall.why}` });
    };
    return {
      ImportDeclaration: check,
      ImportExpression: check,
      ExportNamedDeclaration: check,
      ExportAllDeclaration: check,
    };
  },
};

/** What shows text to people is used in one file, which makes the text printable. */
const only = (file, object, properties) =>
  properties.map(property => ({ object, property, message: `only ${file}: names come from files` }));

export default tseslint.config(
  { ignores: ['dist/**', '.types/**', 'node_modules/**', 'test/fixtures/**'] },
  // AssemblyScript, but for the descriptors of stages.
  { ignores: ['kernels/{functions,shared}/**', 'kernels/stages/*/!(stage).ts'] },
  js.configs.recommended,
  ...tseslint.configs.recommendedTypeChecked,
  {
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    plugins: { house: { rules: { walls } } },
    rules: {
      'house/walls': 'error',
      'no-restricted-imports': [
        'error',
        { paths: [{ name: 'vscode', message: 'only extension/host and extension/main.ts' }] },
      ],
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      '@typescript-eslint/require-await': 'off',
      eqeqeq: 'error',
    },
  },
  {
    files: ['extension/host/**', 'extension/main.ts', 'test/e2e/toolCaller/**', 'test/e2e/elsewhere/**'],
    rules: { 'no-restricted-imports': 'off' },
  },
  {
    files: ['webview/**'],
    ignores: ['webview/common/ui/toolkit.ts'],
    rules: {
      'no-restricted-imports': [
        'error',
        {
          paths: [
            { name: '@vscode/webview-ui-toolkit', message: 'only through webview/common/ui/toolkit.ts' },
          ],
        },
      ],
    },
  },
  {
    files: ['extension/{engine,files,formats,shared}/**'],
    ignores: ['extension/engine/cli/terminal.ts'],
    rules: {
      'no-restricted-properties': ['error', ...only('cli/terminal.ts', 'process', ['stdout', 'stderr'])],
    },
  },
  {
    files: ['extension/**', 'webview/**'],
    ignores: ['extension/engine/server.ts'], // the host writes what it says to the log
    rules: { 'no-console': 'error' },
  },
  {
    files: ['extension/host/**', 'extension/main.ts'],
    ignores: ['extension/host/log.ts', 'extension/host/ui/{ask,facts,notify,pick}.ts'],
    rules: {
      'no-restricted-properties': [
        'error',
        ...only('host/ui/notify.ts', 'window', [
          'showInformationMessage',
          'showWarningMessage',
          'showErrorMessage',
          'withProgress',
          'setStatusBarMessage',
        ]),
        ...only('host/ui/pick.ts', 'window', ['createQuickPick', 'showQuickPick']),
        ...only('host/ui/ask.ts', 'window', ['createInputBox', 'showInputBox']),
        ...only('host/log.ts', 'window', ['createOutputChannel']),
      ],
      'no-restricted-syntax': [
        'error',
        { selector: "NewExpression[callee.name='MarkdownString']", message: 'only host/ui/facts.ts' },
      ],
    },
  },
  {
    files: ['webview/**'],
    ignores: ['webview/common/dom.ts', 'webview/common/truncationTip.ts'],
    rules: {
      'no-restricted-syntax': [
        'error',
        {
          selector:
            'AssignmentExpression[left.property.name=/^(textContent|innerText|innerHTML|outerHTML|title)$/],' +
            "CallExpression[callee.property.name='insertAdjacentHTML']",
          message: 'only webview/common/dom.ts: names come from files',
        },
      ],
    },
  },
  { files: ['**/*.mjs'], ...tseslint.configs.disableTypeChecked },
  {
    files: ['**/*.mjs'],
    languageOptions: {
      globals: {
        process: 'readonly',
        console: 'readonly',
        URL: 'readonly',
        Buffer: 'readonly',
        performance: 'readonly',
        setInterval: 'readonly',
        clearInterval: 'readonly',
      },
    },
  },
);
