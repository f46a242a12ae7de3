import js from '@eslint/js';
import importX from 'eslint-plugin-import-x';
import { createTypeScriptImportResolver } from 'eslint-import-resolver-typescript';
import tseslint from 'typescript-eslint';

/** The walls of the house: who may import whom. `from` may not reach `target`. */
const wall = (target, from, message, except) => ({ target, from, message, ...(except ? { except } : {}) });

const walls = [
  wall('./extension/engine', './extension/host', 'the engine knows nothing of VS Code'),
  wall('./extension/engine', './webview', 'the engine knows nothing of webviews'),
  wall('./kernels', './extension', 'kernels import nothing of the project'),
  wall('./kernels', './webview', 'kernels import nothing of the project'),
  wall('./webview', './kernels', 'webviews import only protocol types and shared pure functions'),
  wall('./webview', './extension', 'webviews import only protocol types and shared pure functions', [
    './protocol.ts',
    './shared',
  ]),
  wall('./extension/shared', './extension', 'shared functions are pure: they import protocol types only', [
    './protocol.ts',
    './shared',
  ]),
  wall('./extension/host', './webview', 'the host speaks to pages through protocol.ts'),
];

export default tseslint.config(
  { ignores: ['dist/**', 'node_modules/**', 'kernels/cpu/**', 'test/fixtures/**'] },
  js.configs.recommended,
  ...tseslint.configs.recommendedTypeChecked,
  {
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    plugins: { 'import-x': importX },
    settings: { 'import-x/resolver-next': [createTypeScriptImportResolver()] },
    rules: {
      'import-x/no-cycle': 'error',
      'import-x/no-restricted-paths': ['error', { zones: walls }],
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
  { files: ['extension/host/**', 'extension/main.ts'], rules: { 'no-restricted-imports': 'off' } },
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
    files: ['extension/protocol.ts'],
    rules: {
      'no-restricted-syntax': [
        'error',
        { selector: 'ImportDeclaration', message: 'protocol.ts has types only' },
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
