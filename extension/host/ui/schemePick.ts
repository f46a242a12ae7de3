/** The step that chooses scheme and bits, with the size of the file that each would give. */
import { l10n, QuickPickItemKind, type QuickPickItem } from 'vscode';
import type { PlanSummary } from '../../protocol.ts';
import { describeScheme, describeSize, type SchemeChoice } from '../describe.ts';
import { messageOf } from '../errors.ts';
import { pick } from './pick.ts';
import type { Position } from './wizard.ts';

/** Asks the engine what a choice would give; from headers alone, so every choice can be asked for. */
export type Planner = (choice: SchemeChoice) => Promise<PlanSummary>;

interface SchemeItem extends QuickPickItem {
  readonly choice?: SchemeChoice;
  /** Why this choice cannot be run. */
  readonly fault?: string;
}

const WIDTHS = [1, 2, 3, 4, 5, 6, 7, 8] as const;
const tvq = WIDTHS.map(bits => ({ scheme: 'tvq', bits, baseBits: bits }) as const);
const fq = WIDTHS.map(bits => ({ scheme: 'fq', bits, baseBits: bits }) as const);
/** The published pairs first; any other is two picks away. */
const rtvq = [
  [3, 2],
  [4, 2],
  [4, 3],
  [4, 4],
].map(([baseBits = 0, bits = 0]) => ({ scheme: 'rtvq', bits, baseBits }) as const);

/** @param tasks a base vector shared by a single task saves nothing, so RTVQ is offered from two on */
export async function pickScheme(
  at: Position,
  tasks: number,
  before: SchemeChoice | undefined,
  plan: Planner,
): Promise<SchemeChoice | 'back' | 'cancel'> {
  const other: SchemeItem = { label: l10n.t('RTVQ · other widths…'), alwaysShow: true };
  const items = Promise.all([
    planned(tasks > 1 ? rtvq : [], plan),
    planned(tvq, plan),
    planned(fq, plan),
  ]).then(([residual, vectors, whole]) => [
    ...(tasks > 1 ? [heading(l10n.t('shared base vector')), ...residual, other] : []),
    heading(l10n.t('independent')),
    ...vectors,
    heading(l10n.t('baseline')),
    ...whole,
  ]);
  for (;;) {
    const answer = await pick<SchemeItem>({
      at,
      placeholder: l10n.t('Scheme and bits, with the size of the resulting file'),
      items: items.then(refuseWhenAllFail),
      active: item => before !== undefined && isSame(item.choice, before),
      validate: ([item]) => item?.fault,
    });
    if (answer === 'back' || answer === 'cancel') return answer;
    const chosen = answer === 'button' ? undefined : answer[0];
    if (chosen?.choice) return chosen.choice;
    const custom = await pickResidualWidths(at, plan);
    if (custom !== 'back') return custom;
  }
}

/** Base width, then offset width; going back from the first returns to the list. */
async function pickResidualWidths(at: Position, plan: Planner): Promise<SchemeChoice | 'back' | 'cancel'> {
  const inner = { ...at, canGoBack: true };
  const bases = WIDTHS.map(bits => ({ label: l10n.t('{0}-bit base', bits), bits }));
  for (;;) {
    const base = await pick({
      at: inner,
      placeholder: l10n.t('Bits a weight of the base vector that all tasks share'),
      items: bases,
      active: ({ bits }) => bits === 3,
    });
    if (base === 'back' || base === 'cancel') return base;
    const baseBits = base === 'button' ? undefined : base[0]?.bits;
    if (baseBits === undefined) continue;
    const choices = WIDTHS.map(bits => ({ scheme: 'rtvq', bits, baseBits }) as const);
    const answer = await pick<SchemeItem>({
      at: inner,
      placeholder: l10n.t("Bits a weight of each task's offsets"),
      items: planned(choices, plan),
      active: item => item.choice?.bits === 2,
      validate: ([item]) => item?.fault,
    });
    if (answer === 'cancel') return answer;
    const choice = typeof answer === 'string' ? undefined : answer[0]?.choice;
    if (choice) return choice;
  }
}

async function planned(choices: readonly SchemeChoice[], plan: Planner): Promise<SchemeItem[]> {
  return Promise.all(
    choices.map(async choice => {
      const label = describeScheme(choice);
      try {
        const summary = await plan(choice);
        const fault = summary.problems.find(({ severity }) => severity === 'error')?.message;
        if (fault !== undefined) return { label, choice, fault, detail: `$(error) ${fault}` };
        return { label, choice, description: `≈ ${describeSize(summary)}` };
      } catch (error) {
        const fault = messageOf(error);
        return { label, choice, fault, detail: `$(error) ${fault}` };
      }
    }),
  );
}

/** One message for the whole list when every choice fails alike: the checkpoints or the engine are at fault. */
function refuseWhenAllFail(items: SchemeItem[]): SchemeItem[] {
  const choices = items.filter(({ choice }) => choice !== undefined);
  const [first] = choices;
  if (first?.fault !== undefined && choices.every(({ fault }) => fault === first.fault)) {
    throw new Error(first.fault);
  }
  return items;
}

function heading(label: string): SchemeItem {
  return { label, kind: QuickPickItemKind.Separator };
}

function isSame(a: SchemeChoice | undefined, b: SchemeChoice): boolean {
  return a?.scheme === b.scheme && a.bits === b.bits && a.baseBits === b.baseBits;
}
