/** The steps of "Quantize Task Vectors", as a user goes through them. */
import type { Workbench } from './workbench.ts';

/** Chooses the row for a scheme and returns the size it announces. */
export async function chooseScheme(workbench: Workbench, label: string): Promise<string> {
  await workbench.step(/\(3\/4\)/);
  await workbench.quickRow('≈').first().waitFor();
  // The filter brings rows into view that the list has not drawn yet.
  await workbench.quickInput.fill(label);
  const row = workbench.quickRow(label).first();
  const announced = (await row.innerText()).replace(/\s+/g, ' ');
  await row.click();
  return announced;
}

/** Accepts the proposed output, or else the first row. */
export async function acceptOutput(workbench: Workbench, name: string): Promise<void> {
  await workbench.step(/\(4\/4\)/);
  await workbench.quickRow(name).first().click();
}

/** Waits for the result and opens it in the editor. */
export async function openResult(workbench: Workbench, name: string): Promise<string> {
  const note = await workbench.notification(`Wrote ${name}`);
  const text = (await note.locator('.notification-list-item-message').innerText()).replace(/\s+/g, ' ');
  await note.getByRole('button', { name: 'Open' }).click();
  return text;
}
