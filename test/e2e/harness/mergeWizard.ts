/** The steps of "Merge Models…", as a user goes through them, and their results. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ParameterValue } from '../../../extension/protocol/recipes.ts';
import type { MergeTotals } from '../../../extension/protocol/results.ts';
import type { Workbench } from './workbench.ts';

/** The parts of merge-report.json that the tests check. */
export interface Report {
  readonly method: string;
  readonly parameters: Readonly<Record<string, ParameterValue>>;
  readonly model: MergeTotals;
}

export async function readReport(folder: string): Promise<Report> {
  return JSON.parse(await readFile(join(folder, 'merge-report.json'), 'utf8')) as Report;
}

export class MergeWizard {
  constructor(private readonly workbench: Workbench) {}

  async chooseMethod(title: string): Promise<void> {
    await this.workbench.step(/\(2\/5\)/);
    await this.workbench.quickRow(/./).first().waitFor();
    // The filter brings rows into view that the list has not drawn yet.
    await this.workbench.quickInput.fill(title);
    await this.workbench.quickRow(title).first().click();
  }

  /** Continues with the parameters unchanged, and returns what the plan says. */
  async acceptParameters(): Promise<string> {
    const row = this.workbench.quickRow('Continue').filter({ hasText: 'writes' }).first();
    const planned = oneLine(await row.innerText());
    await row.click();
    return planned;
  }

  /** Waits for the result. */
  async merged(): Promise<string> {
    const note = await this.workbench.notification(/Merged .* with/);
    return oneLine(await note.locator('.notification-list-item-message').innerText());
  }
}

export const oneLine = (text: string): string => text.replace(/\s+/g, ' ');
