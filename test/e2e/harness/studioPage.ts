/** The Studio's page as used by a user. */
import type { FrameLocator, Locator } from 'playwright-core';

export class StudioPage {
  constructor(readonly frame: FrameLocator) {}

  async measured(): Promise<void> {
    await this.frame.getByTestId('tvq-row').first().waitFor();
  }

  get dot(): Locator {
    return this.frame.getByRole('slider', { name: 'Budget' });
  }

  /** Predicted bytes of the file. */
  async predictedBytes(): Promise<number> {
    return Number(await this.dot.getAttribute('aria-valuenow'));
  }

  async budget(): Promise<string> {
    return this.frame.getByTestId('tvq-budget').inputValue();
  }

  async rules(): Promise<string[]> {
    const texts = await this.frame.getByTestId('tvq-rule').allInnerTexts();
    return texts.map(text => text.replace(/\s+/g, ' ').trim());
  }

  /** The number in a read-out, without the text around it. */
  async figure(id: string): Promise<number> {
    const text = await this.frame.getByTestId(id).innerText();
    return Number(/\d[\d.]*(?:e-?\d+)?/.exec(text)?.[0]);
  }

  async pickFromMenu(label: string): Promise<void> {
    await this.frame.getByTestId('tvq-menu').getByRole('menuitemradio', { name: label, exact: true }).click();
  }
}
