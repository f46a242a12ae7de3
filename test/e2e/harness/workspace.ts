/** Temporary workspaces with copies of the small checkpoints. */
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const FIXTURES = join(import.meta.dirname, '../../fixtures/llama');
const CHECKPOINTS = ['base', 'code', 'math', 'chat'];

export class Workspace {
  private constructor(readonly root: string) {}

  /** A folder with `models/{base,code,math,chat}`. */
  static async create(): Promise<Workspace> {
    const root = await mkdtemp(join(tmpdir(), 'tvq-e2e-workspace-'));
    for (const name of CHECKPOINTS) {
      await cp(join(FIXTURES, name), join(root, 'models', name), { recursive: true });
    }
    return new Workspace(root);
  }

  path(...parts: string[]): string {
    return join(this.root, ...parts);
  }

  async remove(): Promise<void> {
    await rm(this.root, { recursive: true, force: true });
  }
}
