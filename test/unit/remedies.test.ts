/** Faults are put into words where they are shown: with options by the command, with settings by VS Code. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { expect, test, vi } from 'vitest';
import { said as byCommand, REMEDIES } from '../../extension/engine/cli/remedies.ts';
import { said as byVsCode } from '../../extension/host/remedies.ts';
import { settingIn } from '../../extension/host/settingChecks.ts';
import { linesOf, UserError, withKept } from '../../extension/shared/errors.ts';
import type { Remedies, Remedy } from '../../extension/shared/remedies.ts';
import { OutOfBackendMemory } from '../../kernels/memory.ts';

vi.mock('vscode', () => ({
  l10n: { t: (text: string, ...values: string[]) => text.replace(/\{(\d)\}/g, (_, i) => values[Number(i)]!) },
}));

const root = fileURLToPath(new URL('../..', import.meta.url));
const OPTION = /(?<![\w-])--[a-z]/;

/** Files that may name options: the command itself, writers of command lines, and texts for its users. */
const MAY = [
  'extension/engine/cli/',
  'extension/shared/commandLine.ts',
  'extension/host/nodeRuntime.ts', // node --version
  'extension/engine/merge/recipe/models.ts', // hf download
  'extension/engine/merge/methods/methodsPage.ts', // docs/merge-methods.md
  'extension/engine/merge/inputs/match.ts', // merge-report.json
];

/** Texts of a source file that name an option. */
function options(file: string, source: string): string[] {
  const found: string[] = [];
  const visit = (node: ts.Node): void => {
    const isText =
      ts.isStringLiteralLike(node) || ts.isTemplateHead(node) || ts.isTemplateMiddleOrTemplateTail(node);
    if (isText && OPTION.test(node.text)) found.push(`${file}: ${node.text}`);
    ts.forEachChild(node, visit);
  };
  visit(ts.createSourceFile(file, source, ts.ScriptTarget.Latest, true));
  return found;
}

test('none but the command names its options', () => {
  const files = ['extension', 'kernels'].flatMap(folder =>
    readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' }).map(name => join(folder, name)),
  );
  const sources = files.filter(file => file.endsWith('.ts') && !MAY.some(path => file.startsWith(path)));
  expect(sources.length).toBeGreaterThan(300);
  expect(sources.flatMap(file => options(file, readFileSync(join(root, file), 'utf8')))).toEqual([]);
  expect(options('x.ts', 'f(`${a}; raise --memory`, "x --y", "a--b")')).toHaveLength(2);
});

const FACTS: Partial<{ [C in keyof Remedies]: Remedies[C] }> = {
  base: { was: 'llama' },
  dtype: { wider: 'f32' },
  onMismatch: { reference: 'the base' },
  groupSize: { codec: 'minmax' },
};
const codes = Object.keys(REMEDIES) as (keyof Remedies)[];

test.each(codes)('%s', code => {
  const remedy = { code, ...FACTS[code] } as Remedy;
  const told = { message: 'codec minmax: wrong', remedy };
  for (const line of [byCommand(told), byVsCode(told)]) {
    expect(line).toContain('codec minmax');
    expect(line).not.toContain('undefined');
  }
  expect(settingIn(byCommand(told))).toBeUndefined();
  expect(byVsCode(told)).not.toMatch(OPTION);
});

test('a setting that helps is named, so that the way to it is offered', () => {
  for (const code of ['memory', 'moreMemory'] as const)
    expect(settingIn(byVsCode({ message: 'x', remedy: { code } }))).toBe('tvq.memory');
  for (const code of ['writeNonfinite', 'takeNonfinite', 'takeInSums'] as const)
    expect(settingIn(byVsCode({ message: 'x', remedy: { code } }))).toBe('tvq.allowNonfinite');
});

test('an error keeps its remedies when what stays of the output is added', () => {
  const error = new UserError(['a', { message: 'b\nc', remedy: { code: 'force' } }]);
  expect(error.message.split('\n')).toHaveLength(2);
  const kept = withKept(error, [{ message: 'd', remedy: { code: 'resume' } }]);
  expect(linesOf(kept).map(({ remedy }) => remedy?.code)).toEqual([undefined, 'force', 'resume']);
});

test('a defect, too', () => {
  const kept = withKept(new Error('what?'), [{ message: 'd', remedy: { code: 'resume' } }]);
  expect(linesOf(kept).map(({ message, remedy }) => [message, remedy?.code])).toEqual([
    ['what?', undefined],
    ['d', 'resume'],
  ]);
});

test("the kernels' own error has the remedy that they do not know", () => {
  const lines = linesOf(new OutOfBackendMemory(8, 4, 'the arena'));
  expect(lines.map(byCommand)).toEqual(['the arena has 4 bytes left, 8 were requested; raise --memory']);
});
