/** The `tvq.*` settings in the engine's form. */
import { l10n, workspace } from 'vscode';
import type { RunOptions } from '../protocol/recipes.ts';
import { openSettings } from './openSettings.ts';
import { settingFault, SETTINGS, type SettingCheck } from './settingChecks.ts';
import { translated } from './translated.ts';
import { notifyWarning } from './ui/notify.ts';

export const NODE_PATH = SETTINGS.nodePath.name;

/** The setting with the command that scores a merged model. */
export const EVALUATION_COMMAND = SETTINGS.evaluationCommand.name;

/** What a job may use. Throws with the setting's name if one is wrong: guessing could freeze the machine. */
export const readRunOptions = (): RunOptions => ({
  backend: read(SETTINGS.backend),
  memory: read(SETTINGS.memory),
  threads: read(SETTINGS.threads),
});

/** For viewing files, which needs almost nothing: wrong settings are replaced by their defaults. */
export const readViewOptions = (): RunOptions => ({
  backend: readOrDefault(SETTINGS.backend),
  memory: readOrDefault(SETTINGS.memory),
  threads: readOrDefault(SETTINGS.threads),
});

/**
 * Whether a merge or a restoration may write NaN and infinity. The default is the stricter choice, so it also replaces
 * a wrong value.
 */
export const readAllowNonfinite = (): boolean => readOrDefault(SETTINGS.allowNonfinite);

/** The executable for the engine; empty: find one. */
export const readNodePath = (): string => read(SETTINGS.nodePath);

/** The command that scores a merged model, with `${model}` for its folder; undefined: none is set. */
export function readEvaluationCommand(): string | undefined {
  const command = read(SETTINGS.evaluationCommand);
  return command === '' ? undefined : command;
}

/** Whether there is a command, valid or not: what is wrong with it is reported when it should run. */
export const hasEvaluationCommand = (): boolean => {
  const value = valueOf(SETTINGS.evaluationCommand);
  return value !== undefined && SETTINGS.evaluationCommand.read(value) !== '';
};

function read<T>(check: SettingCheck<T>): T {
  const value = valueOf(check);
  const fault = faultOf(check, value);
  if (fault !== undefined) throw new Error(fault);
  return value === undefined ? check.fallback : (check.read(value) as T);
}

/** What was already reported: a wrong value is reported once, not on every read. */
const said = new Set<string>();

function readOrDefault<T>(check: SettingCheck<T>): T {
  const value = valueOf(check);
  const fault = faultOf(check, value);
  if (fault === undefined && value !== undefined) return check.read(value) as T;
  if (fault !== undefined && !said.has(fault)) {
    said.add(fault);
    const way = openSettings(check.name);
    const message = l10n.t(
      '{0} Until then the default applies: {1}.',
      fault,
      JSON.stringify(defaultOf(check)),
    );
    void notifyWarning(message, way.label).then(pressed => pressed && way.run());
  }
  return check.fallback;
}

function faultOf(check: SettingCheck<unknown>, value: unknown): string | undefined {
  const fault = settingFault(check, value);
  if (fault === undefined) return undefined;
  const { name, found, expected } = fault;
  return l10n.t('The setting {0} is {1}; write {2}.', name, found, translated(expected));
}

const valueOf = ({ name }: SettingCheck<unknown>): unknown => workspace.getConfiguration().get<unknown>(name);

/** The default as a person would write it, if it is converted on reading. */
const defaultOf = ({ name, fallback }: SettingCheck<unknown>): unknown =>
  workspace.getConfiguration().inspect(name)?.defaultValue ?? fallback;
