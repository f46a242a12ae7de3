/** What is passed to VS Code: no file name may act as markup. */
import { describe, expect, test, vi } from 'vitest';
import { Log } from '../../../extension/host/log.ts';
import { facts } from '../../../extension/host/ui/facts.ts';
import { notify, notifyWarning, withProgress } from '../../../extension/host/ui/notify.ts';
import { ask } from '../../../extension/host/ui/ask.ts';
import { pick } from '../../../extension/host/ui/pick.ts';
import { withoutIcons, withoutLinks } from '../../../extension/host/ui/plainText.ts';
import { treeItemOf, type Node } from '../../../extension/host/views/checkpointNodes.ts';
import { returnModules } from '../../ownModules.ts';

vi.hoisted(() => vi.resetModules());
returnModules('vscode');

const shown = vi.hoisted(() => ({
  lines: [] as unknown[],
  input: undefined as Record<string, unknown> | undefined,
}));

vi.mock('vscode', () => {
  const say =
    (kind: string) =>
    async (...said: unknown[]) =>
      void shown.lines.push([kind, ...said]);
  /** Shows itself, and is answered with its first row or its text. */
  const input = () => {
    const made: Record<string, unknown> = { selectedItems: [], dispose: () => undefined };
    let accept: () => void;
    Object.assign(made, {
      onDidTriggerButton: () => undefined,
      onDidHide: () => undefined,
      onDidChangeValue: () => undefined,
      onDidAccept: (listener: () => void) => (accept = listener),
      show: () =>
        setTimeout(() => {
          made['selectedItems'] = (made['items'] as unknown[] | undefined)?.slice(0, 1);
          accept();
        }),
    });
    return (shown.input = made);
  };
  return {
    l10n: { t: (text: string) => text },
    MarkdownString: class {
      constructor(readonly value: string) {}
    },
    ProgressLocation: { Notification: 15 },
    QuickInputButtons: { Back: {} },
    ThemeColor: class {},
    ThemeIcon: class {},
    TreeItem: class {
      constructor(readonly label: string) {}
    },
    TreeItemCollapsibleState: { Collapsed: 1, Expanded: 2 },
    Uri: { file: (fsPath: string) => ({ fsPath }) },
    workspace: { asRelativePath: (path: string) => path },
    window: {
      showInformationMessage: say('information'),
      showWarningMessage: say('warning'),
      createInputBox: input,
      createQuickPick: input,
      createOutputChannel: () => ({ info: say('info'), error: say('error'), dispose: () => undefined }),
      withProgress: (options: { title: string }, work: (notification: object, token: object) => unknown) => {
        shown.lines.push(options.title);
        return work({ report: (progress: object) => shown.lines.push(progress) }, {});
      },
    },
  };
});

const HOSTILE = '\x1b[31m$(trash) [x](command:y)\n\u202e';
const at = { title: `t\n`, step: 1, totalSteps: 1, canGoBack: false };
const last = () => shown.lines.at(-1);

describe('text', () => {
  test.each([
    ['$(trash)', '\\$(trash)'],
    ['\\$(sync~spin)', '\\\\$(sync~spin)'],
    ['$(not an icon) $5 f(x)', '$(not an icon) $5 f(x)'],
  ])('%s has no icon', (text, plain) => expect(withoutIcons(text)).toBe(plain));

  test('has no link', () => {
    expect(withoutLinks('a[0](b) [x](https://y "z")')).toBe('a[0]\\(b) [x]\\(https://y "z")');
  });
});

test('notifications', async () => {
  await notify(HOSTILE, 'Open');
  expect(last()).toEqual(['information', '\\x1b[31m$(trash) [x]\\(command:y)\\n\\u202e', 'Open']);
  await notifyWarning('größe is whole');
  expect(last()).toEqual(['warning', 'größe is whole']);
});

test('progress', async () => {
  await withProgress('a\n', async report => report({ increment: 1, message: '[x](command:y)' }));
  expect(shown.lines.slice(-2)).toEqual(['a\\n', { increment: 1, message: '[x]\\(command:y)' }]);
});

test('lists: the answer is the item, what is shown is text', async () => {
  const item = { label: HOSTILE, icon: 'check', detail: '$(x)', detailIcon: 'error', name: HOSTILE };
  const answer = await pick({ at, placeholder: 'p\n', items: [item] });
  expect(answer).toEqual([item]);
  expect(shown.input).toMatchObject({ title: 't\\n', placeholder: 'p\\n' });
  expect(shown.input?.['items']).toMatchObject([
    { label: '$(check) \\x1b[31m\\$(trash) [x](command:y)\\n\\u202e', detail: '$(error) \\$(x)' },
  ]);
});

test('input boxes: what is typed is not changed', async () => {
  const answer = await ask({ at, prompt: HOSTILE, value: 'a\u202e', validate: () => undefined });
  expect(answer).toEqual({ text: 'a\u202e' });
  expect(shown.input).toMatchObject({ prompt: '\\x1b[31m\\$(trash) [x]\\(command:y)\\n\\u202e' });
});

test('tooltips', () => {
  const { value } = facts('<b>', [
    ['Model', 'https://evil.example\n# x'],
    ['None', undefined],
  ]);
  expect(value).toBe('**\\<b\\>**\n\nModel: https\\://evil.example\\\\n\\# x');
});

test('the tree', () => {
  const path = '/w/a\x1b[2J.safetensors';
  const failure = { path, message: `/w/a\\x1b[2J.safetensors: broken` };
  const item = treeItemOf({ kind: 'failure', failure, paths: [] });
  expect(item).toMatchObject({ label: 'a\\x1b[2J.safetensors', description: 'broken' });
  const entry = { path: '/w/b\n$(trash).tvq', bytes: 1 };
  const node: Node = { kind: 'tvq', label: 'b\n$(trash).tvq', entry, paths: [] };
  expect(treeItemOf(node).label).toBe('b\\n$(trash).tvq');
});

test('the log: a message is a line', () => {
  const log = new Log();
  log.info(`Wrote ${HOSTILE}`);
  expect(last()).toEqual(['info', 'Wrote \\x1b[31m$(trash) [x](command:y)\\n\\u202e']);
  log.error(Object.assign(new Error('x'), { stack: 'Error: \x1b[31m\n    at y' }));
  expect(last()).toEqual(['error', 'Error: \\x1b[31m\n    at y']);
});
