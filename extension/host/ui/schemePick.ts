/** The step that chooses how to quantize, with the size of the file that each choice would give. */
import { l10n } from 'vscode';
import type { PlanSummary } from '../../protocol/results.ts';
import { parseBudget } from '../../shared/allocation/index.ts';
import { presetNamed, PRESETS, type QuantizeSettings } from '../../shared/presets.ts';
import { describeScheme, describeSize } from '../describe.ts';
import { presetText } from '../presetText.ts';
import { ask } from './ask.ts';
import { heading, pick, type PickItem } from './pick.ts';
import type { Position } from './wizard.ts';

/** Asks the engine what choices would give; from headers alone, so many can be asked at once. */
export type Planner = (choices: readonly QuantizeSettings[]) => Promise<readonly PlanSummary[]>;

interface SchemeItem extends PickItem {
  readonly choice?: QuantizeSettings;
  /** What must be asked next instead. */
  readonly more?: 'budget' | 'widths';
  /** Why this choice cannot be run. */
  readonly fault?: string;
}

type Answer = QuantizeSettings | 'back' | 'cancel';

const WIDTHS = [1, 2, 3, 4, 5, 6, 7, 8] as const;
const fixed = (scheme: QuantizeSettings['scheme'], bits: number, baseBits = bits): QuantizeSettings => ({
  scheme,
  bits,
  baseBits,
  keepRule: 'vectors',
});
/** The published pairs first; any other is two picks away. */
const RESIDUAL_WIDTHS = [
  [3, 2],
  [4, 2],
  [4, 3],
  [4, 4],
] as const;

/** @param tasks a base vector shared by a single task saves nothing, so RTVQ is offered for two or more */
export async function pickScheme(
  at: Position,
  tasks: number,
  before: QuantizeSettings | undefined,
  plan: Planner,
): Promise<Answer> {
  const items = planned(rowsOf(tasks), plan).then(refuseWhenAllFail);
  for (;;) {
    const answer = await pick<SchemeItem>({
      at,
      placeholder: l10n.t('How to quantize, with the size of the resulting file'),
      items,
      active: ({ choice }) => before !== undefined && choice !== undefined && isSame(choice, before),
      validate: ([item]) => item?.fault,
    });
    if (answer === 'back' || answer === 'cancel') return answer;
    const chosen = answer === 'button' ? undefined : answer[0];
    if (chosen?.choice) return chosen.choice;
    const inner = { ...at, canGoBack: true };
    const custom =
      chosen?.more === 'budget' ? await askBudget(inner, before) : await pickResidualWidths(inner, plan);
    if (custom !== 'back') return custom;
  }
}

/** Presets in plain words, then every scheme and width. */
function rowsOf(tasks: number): SchemeItem[] {
  const scheme = (choice: QuantizeSettings): SchemeItem => ({ label: describeScheme(choice), choice });
  const residual = RESIDUAL_WIDTHS.map(([baseBits, bits]) => scheme(fixed('rtvq', bits, baseBits)));
  return [
    ...PRESETS.map(({ name, settings }) => {
      const { title, meaning } = presetText(name);
      return { label: title, detail: meaning, choice: settings };
    }),
    {
      label: l10n.t('Budget…'),
      detail: l10n.t('A size or an error of your own, spent where it helps most'),
      more: 'budget',
      alwaysShow: true,
    },
    ...(tasks > 1
      ? [
          heading(l10n.t('shared base vector')),
          ...residual,
          { label: l10n.t('RTVQ · other widths…'), more: 'widths', alwaysShow: true } as const,
        ]
      : []),
    heading(l10n.t('independent')),
    ...WIDTHS.map(bits => scheme(fixed('tvq', bits))),
    heading(l10n.t('baseline')),
    ...WIDTHS.map(bits => scheme(fixed('fq', bits))),
  ];
}

/** A size or an error, in any form that the command line takes. */
async function askBudget(at: Position, before: QuantizeSettings | undefined): Promise<Answer> {
  const answer = await ask({
    at,
    prompt: l10n.t(
      'Size of the file: 120MB, 1.5bpw (bits per weight) or 8% (of FP32); or error=0.1 (relative, squared)',
    ),
    value: before?.budget ?? '',
    placeholder: l10n.t('For example: 1.5bpw'),
    validate: text =>
      isBudget(text)
        ? undefined
        : l10n.t('Write a number with its unit, for example 120MB, 1.5bpw, 8% or error=0.1'),
  });
  if (typeof answer === 'string') return answer;
  return { ...presetNamed('balanced').settings, budget: answer.text.trim() };
}

function isBudget(text: string): boolean {
  try {
    parseBudget(text);
    return true;
  } catch {
    return false;
  }
}

/** Base width, then offset width; going back from the first returns to the list. */
async function pickResidualWidths(at: Position, plan: Planner): Promise<Answer> {
  const bases = WIDTHS.map(bits => ({ label: l10n.t('{0}-bit base', bits), bits }));
  for (;;) {
    const base = await pick({
      at,
      placeholder: l10n.t('Bits per weight of the base vector that all tasks share'),
      items: bases,
      active: ({ bits }) => bits === 3,
    });
    if (base === 'back' || base === 'cancel') return base;
    const baseBits = base === 'button' ? undefined : base[0]?.bits;
    if (baseBits === undefined) continue;
    const choices = WIDTHS.map(bits => fixed('rtvq', bits, baseBits));
    const answer = await pick<SchemeItem>({
      at,
      placeholder: l10n.t("Bits per weight of each task's offsets"),
      items: planned(
        choices.map(choice => ({ label: describeScheme(choice), choice })),
        plan,
      ),
      active: item => item.choice?.bits === 2,
      validate: ([item]) => item?.fault,
    });
    if (answer === 'cancel') return answer;
    const choice = typeof answer === 'string' ? undefined : answer[0]?.choice;
    if (choice) return choice;
  }
}

/** Adds the expected result to every choice. */
async function planned(rows: readonly SchemeItem[], plan: Planner): Promise<SchemeItem[]> {
  const choices = rows.flatMap(({ choice }) => choice ?? []);
  const plans = new Map((await plan(choices)).map((summary, i) => [choices[i], summary]));
  return rows.map(row => {
    const summary = plans.get(row.choice);
    if (!summary) return row;
    const fault = summary.problems.find(({ severity }) => severity === 'error')?.message;
    if (fault !== undefined) return { ...row, fault, detail: fault, detailIcon: 'error' };
    return { ...row, description: `≈ ${describeSize(summary)}` };
  });
}

/** Gives one message for the whole list if all choices fail alike: the cause is the checkpoints or the engine. */
function refuseWhenAllFail(items: SchemeItem[]): SchemeItem[] {
  const choices = items.filter(({ choice }) => choice !== undefined);
  const [first] = choices;
  if (first?.fault !== undefined && choices.every(({ fault }) => fault === first.fault)) {
    throw new Error(first.fault);
  }
  return items;
}

const isSame = (a: QuantizeSettings, b: QuantizeSettings): boolean =>
  a.scheme === b.scheme &&
  a.bits === b.bits &&
  a.baseBits === b.baseBits &&
  a.keepRule === b.keepRule &&
  a.budget === b.budget;
