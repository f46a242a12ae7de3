/** package.json against what it names: commands, texts, pictures, messages. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { format } from 'prettier';
import { describe, expect, it } from 'vitest';
import { COMMANDS } from '../../extension/host/commands/table.ts';
import { messagesIn } from '../../scripts/messages.mjs';
import texts from '../../package.nls.json' with { type: 'json' };
import manifest from '../../package.json' with { type: 'json' };

const inRoot = (path: string): string => fileURLToPath(new URL(`../../${path}`, import.meta.url));

/** The manifest and its texts with the commands of the table. */
function withCommands() {
  const commands = COMMANDS.map(({ name, icon, needsTrust }) => ({
    command: `tvq.${name}`,
    category: 'TVQ',
    title: `%command.${name}%`,
    ...(icon ? { icon: `$(${icon})` } : {}),
    ...(needsTrust ? { enablement: 'isWorkspaceTrusted' } : {}),
  }));
  const titles = COMMANDS.map(({ name, title }) => [`command.${name}`, title] as const);
  const all = Object.entries(texts);
  const isTitle = ([key]: readonly [string, string]) => key.startsWith('command.');
  const before = all.slice(0, all.findIndex(isTitle));
  const after = all.slice(before.length).filter(entry => !isTitle(entry));
  return {
    'package.json': { ...manifest, contributes: { ...manifest.contributes, commands } },
    'package.nls.json': Object.fromEntries([...before, ...titles, ...after]),
  };
}

describe('package.json', () => {
  it.each(Object.entries(withCommands()))('has the commands of the table: %s', async (file, wanted) => {
    const made = await format(JSON.stringify(wanted), { parser: 'json-stringify' });
    if (process.env.UPDATE_DOCS) writeFileSync(inRoot(file), made);
    expect(readFileSync(inRoot(file), 'utf8')).toBe(made);
  });

  it('has a text for every key, and a use for every text', () => {
    const used = JSON.stringify(manifest).match(/(?<=")%[^%"]+%(?=")/g) ?? [];
    expect([...new Set(used.map(key => key.slice(1, -1)))].sort()).toEqual(Object.keys(texts).sort());
  });

  it('describes every setting, and asks for trust before one is run', () => {
    const settings = Object.entries(manifest.contributes.configuration.properties);
    for (const [name, setting] of settings) expect(setting.markdownDescription, name).toMatch(/^%.+%$/);
    const { restrictedConfigurations } = manifest.capabilities.untrustedWorkspaces;
    expect(restrictedConfigurations).toEqual(['tvq.engine.nodePath', 'tvq.evaluation.command']);
  });

  it('shows a picture that follows the theme beside every step', () => {
    const steps = manifest.contributes.walkthroughs.flatMap(walkthrough => walkthrough.steps);
    expect(steps.length).toBeGreaterThan(0);
    for (const { media } of steps) {
      expect(existsSync(inRoot(media.svg)), media.svg).toBe(true);
      expect(readFileSync(inRoot(media.svg), 'utf8')).not.toMatch(/(fill|stroke)="#/);
    }
  });
});

describe('messages for translation', () => {
  const messages = (source: string) => messagesIn('file.ts', source);

  it('are what l10n.t says', () => {
    const source = "l10n.t('One {0}', x); other.t('no'); f(l10n.t('Two'), `l10n.t('Three')`);";
    expect(messages(source)).toEqual(['One {0}', 'Two']);
  });

  it('are what is marked for whoever shows it', () => {
    expect(messages("const meaning = translatable('One sentence.');")).toEqual(['One sentence.']);
  });

  it('must be written out', () => {
    expect(() => messages('const a = 1;\nl10n.t(`Hello ${a}`);')).toThrow(
      'file.ts:2: the message of l10n.t must be written out',
    );
  });

  it('must have a value for every placeholder', () => {
    expect(() => messages("l10n.t('{0} of {1}', done);")).toThrow('file.ts:1: nothing is given for {1}');
    expect(messages("l10n.t('{0} of {1}', ...counts);")).toHaveLength(1);
  });
});
