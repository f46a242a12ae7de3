/** The .tvq editor's page as the user sees it. */
import type { FrameLocator } from 'playwright-core';
import type { TvqSummary } from '../../../extension/protocol/tvq.ts';

/** The numbers that the page shows, rounded as it shows them. */
export interface Shown {
  readonly size: string;
  readonly bitsPerWeight: string;
  readonly share: string;
  readonly tasks: number;
  readonly scheme: string;
  readonly base: string;
  readonly rows: number;
}

export class InspectorPage {
  constructor(private readonly frame: FrameLocator) {}

  async loaded(): Promise<void> {
    await this.frame.getByTestId('tvq-row').first().waitFor();
  }

  async heading(name: string): Promise<void> {
    await this.frame.getByRole('heading', { level: 1, name, exact: true }).waitFor();
  }

  /** Scrolls until this row (counted from 1) is in view and loaded. Returns its text. */
  async scrollTo(row: number): Promise<string> {
    const table = this.frame.getByRole('grid', { name: /^Tensors/ });
    const share = (row - 1) / (await this.matches());
    await table.evaluate((grid, above) => (grid.scrollTop = above * grid.scrollHeight), share);
    // The header is row 1.
    const shown = this.frame.locator(`[data-testid=tvq-row][aria-rowindex="${row + 1}"]:not(.placeholder)`);
    await shown.waitFor();
    return shown.innerText();
  }

  /** Selects the first row, and waits for its tensor's details. */
  async lookInto(): Promise<void> {
    await this.frame.getByTestId('tvq-row').first().click();
    await this.frame.getByRole('button', { name: 'Export: Map' }).waitFor();
  }

  async shown(): Promise<Shown> {
    return {
      size: await this.text('tvq-size'),
      bitsPerWeight: firstNumber(await this.text('tvq-bpw')),
      share: firstNumber(await this.text('tvq-share')),
      tasks: Number(firstNumber(await this.text('tvq-tasks'))),
      scheme: await this.text('tvq-scheme'),
      base: await this.text('tvq-base'),
      rows: await this.matches(),
    };
  }

  /** Number of rows that match the search, drawn or not. */
  async matches(): Promise<number> {
    return Number(firstNumber(await this.text('tvq-rows')));
  }

  async search(words: string): Promise<void> {
    await this.frame.getByTestId('tvq-search').locator('input').fill(words);
  }

  async rowTexts(): Promise<string[]> {
    return this.frame.getByTestId('tvq-row').allInnerTexts();
  }

  async error(): Promise<string> {
    return this.text('tvq-error');
  }

  private async text(id: string): Promise<string> {
    return (await this.frame.getByTestId(id).first().innerText()).replace(/\s+/g, ' ').trim();
  }
}

/** What the page must show for a file, computed from the command line's output. */
export function expected(summary: TvqSummary): Shown {
  const { scheme, bits, baseBits, bytes, fp32Bytes, bitsPerWeight } = summary;
  return {
    size: threeDigits(bytes),
    bitsPerWeight: bitsPerWeight.toFixed(2),
    share: ((100 * bytes) / fp32Bytes).toFixed(1),
    tasks: summary.tasks.length,
    scheme: schemeName(scheme, bits, baseBits),
    base: summary.base.name,
    rows: summary.rows,
  };
}

function schemeName(scheme: string, bits: number | undefined, baseBits: number | undefined): string {
  if (bits === undefined) return 'TVQ by budget';
  return scheme === 'rtvq' ? `RTVQ B${baseBits}O${bits}` : `${scheme.toUpperCase()} INT${bits}`;
}

/** Decimal units; the fixtures' files are a few to some hundred kB. */
function threeDigits(bytes: number): string {
  const kilobytes = bytes / 1000;
  return `${kilobytes.toFixed(kilobytes >= 99.95 ? 0 : kilobytes >= 9.995 ? 1 : 2)} kB`;
}

function firstNumber(text: string): string {
  return /\d[\d,]*(?:\.\d+)?/.exec(text)?.[0].replaceAll(',', '') ?? text;
}
