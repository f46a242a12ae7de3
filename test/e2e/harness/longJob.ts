/** A quantization that takes seconds but no disk space: its models are sparse files. */
import { existsSync } from 'node:fs';
import { mkdir, open, readdir, stat } from 'node:fs/promises';
import { expect } from 'vitest';
import { safetensorsBytes } from '../../checkpoints.ts';
import type { Session } from './session.ts';
import { acceptOutput, chooseScheme } from './wizard.ts';
import type { Workbench } from './workbench.ts';

const ROWS = 2 ** 17;
const WIDTH = 1024;

/** `big/base` and `big/tuned`, half a GiB each. */
export async function writeBigModels({ workspace }: Session): Promise<void> {
  for (const name of ['base', 'tuned']) {
    await mkdir(workspace.path('big', name), { recursive: true });
    const file = await open(workspace.path('big', name, 'model.safetensors'), 'w');
    const bytes = ROWS * WIDTH * 4;
    const header = safetensorsBytes({
      w: { dtype: 'F32', shape: [ROWS, WIDTH], data_offsets: [0, bytes] },
    });
    await file.write(header);
    await file.truncate(header.length + bytes);
    // A fine-tuned model that equals its base is finished at once.
    if (name === 'tuned') await file.write(Float32Array.of(1), 0, 4, header.length);
    await file.close();
  }
}

export class LongJob {
  private readonly engines = new Set<number>();
  private readonly files = new Set<string>();

  constructor(
    private readonly session: Session,
    readonly output: string,
  ) {}

  /** Goes through the steps up to the last answer. */
  async ask(workbench: Workbench = this.session.workbench): Promise<void> {
    await workbench.showView('Explorer');
    await workbench.contextMenu(workbench.explorerItem('big'), 'Quantize Task Vectors');
    await chooseScheme(workbench, 'TVQ · 4-bit task vectors');
    await acceptOutput(workbench, this.output);
  }

  /** Hidden files of its output, except its lock. */
  async hidden(): Promise<string[]> {
    const names = await readdir(this.session.workspace.path('big'));
    return names.filter(name => name.startsWith(`.${this.output}.`) && name.endsWith('.tvq-tmp'));
  }

  /** Those that it writes into. A lock also has such a name for a moment before it is taken. */
  private async written(): Promise<string[]> {
    const inode = async (name: string) =>
      (await stat(this.session.workspace.path('big', name)).catch(() => undefined))?.ino;
    const names = await this.hidden();
    const lock = await inode(`.${this.output}.tvq-lock`);
    if (lock === undefined) return [];
    const inodes = await Promise.all(names.map(inode));
    return names.filter((_, i) => inodes[i] !== undefined && inodes[i] !== lock);
  }

  /** Waits until a new engine starts writing, and pauses it there. @returns its process id */
  async held(): Promise<number> {
    let engine: number | undefined;
    const look = async () => {
      [engine] = (await this.session.engines()).filter(pid => !this.engines.has(pid));
      const files = (await this.written()).filter(name => !this.files.has(name));
      if (engine === undefined || files.length === 0) return false;
      process.kill(engine, 'SIGSTOP');
      this.engines.add(engine);
      for (const name of files) this.files.add(name);
      return true;
    };
    await expect.poll(look, { timeout: 60_000, interval: 20 }).toBe(true);
    return engine as number;
  }

  /** Waits until nothing of it is left, and no process works on it. */
  async gone(engine: number): Promise<void> {
    await expect.poll(() => existsSync(`/proc/${engine}`), { timeout: 30_000 }).toBe(false);
    await expect.poll(() => this.hidden(), { timeout: 30_000 }).toEqual([]);
  }
}
