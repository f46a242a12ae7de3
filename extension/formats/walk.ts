/**
 * Finds files by their names in a folder that anyone may have made: nothing is opened, devices and pipes do not count,
 * and links to folders are followed without going in circles. The cost is bounded, and it reports where it stopped.
 */
import type { Dirent } from 'node:fs';
import { readdir, realpath, stat } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import { isInside } from '../files/isInside.ts';
import { inParallel } from '../shared/parallel.ts';

/** Limits of one search; a model archive stays far below them. */
export interface WalkLimits {
  /** Maximum files to find. */
  readonly files: number;
  /** Maximum folders to search; a hundred thousand take about ten seconds. */
  readonly folders: number;
  /** Maximum depth of nested folders. */
  readonly depth: number;
}

const LIMITS: WalkLimits = { files: 10_000, folders: 50_000, depth: 32 };

/** Folders read at once: enough to keep a network disk busy. */
const AT_ONCE = 16;

/** Trees of devices and processes; links into them are not followed. */
const SYSTEM = /^\/(proc|sys|dev|run)(\/|$)/;

export interface Walk {
  /** Absolute, sorted. */
  readonly files: string[];
  /** Links to folders that were searched under their own names: their content can be reached by these names too. */
  readonly links: readonly LinkedFolder[];
  /** Where the search stopped, one line each; none if it saw everything. */
  readonly stops: string[];
}

export interface LinkedFolder {
  readonly path: string;
  /** With links resolved. */
  readonly target: string;
}

export interface WalkOptions {
  /** By the last part of a path. */
  readonly wanted: (name: string) => boolean;
  /** Whether to leave out a file or folder, by its path from the root, with slashes. */
  readonly excluded?: (path: string) => boolean;
  readonly limits?: WalkLimits;
}

export async function walkFiles(root: string, options: WalkOptions): Promise<Walk> {
  const walker = new Walker(root, options);
  await walker.run();
  return { files: [...walker.files].sort(), links: walker.linked, stops: walker.stops };
}

class Walker {
  readonly files = new Set<string>();
  readonly linked: LinkedFolder[] = [];
  readonly stops: string[] = [];
  readonly #limits: WalkLimits;
  /** Links to folders, followed last: what is in the root itself is found wherever they lead. */
  #links: string[] = [];
  /** Real paths of the trees that were searched. */
  readonly #trees: string[] = [];
  #folders = 0;
  #denied: string[] = [];

  constructor(
    readonly root: string,
    readonly options: WalkOptions,
  ) {
    this.#limits = options.limits ?? LIMITS;
  }

  async run(): Promise<void> {
    this.#trees.push(await realpath(this.root).catch(() => this.root));
    await this.#tree(this.root);
    while (this.#links.length > 0 && this.stops.length === 0) {
      const links = this.#links;
      this.#links = [];
      for (const link of links) if (await this.#isNew(link)) await this.#tree(link);
    }
    const [first] = this.#denied;
    if (first !== undefined)
      this.stops.push(
        `${first}${this.#denied.length > 1 ? ` and ${this.#denied.length - 1} more folders` : ''}: cannot be read; check the access rights`,
      );
  }

  /** Searches a tree level by level, so that what is near its top is found before a limit is reached. */
  async #tree(top: string): Promise<void> {
    let level = [top];
    for (let depth = 0; level.length > 0; depth++) {
      const [next] = level;
      const { folders, files, depth: deepest } = this.#limits;
      if (depth > deepest) return this.#stop(`${next}: more than ${deepest} folders deep`);
      const room = folders - this.#folders;
      const beyond = level[room];
      this.#folders += Math.min(level.length, room);
      const found = await inParallel(level.slice(0, room), AT_ONCE, folder => this.#folder(folder));
      if (this.files.size > files) {
        for (const file of [...this.files].slice(files)) this.files.delete(file);
        return this.#stop(`${this.root}: it holds more than ${files} weight files`);
      }
      if (beyond !== undefined) return this.#stop(`${beyond}: ${folders} folders were searched before it`);
      level = found.flat();
    }
  }

  #stop(where: string): void {
    this.stops.push(`${where}; what lies beyond is not shown, open a folder closer to the models`);
  }

  /** Collects a folder's files. @returns the folders in it */
  async #folder(folder: string): Promise<string[]> {
    let entries: Dirent[];
    try {
      entries = await readdir(folder, { withFileTypes: true });
    } catch (error) {
      if (['EACCES', 'EPERM'].includes((error as NodeJS.ErrnoException).code ?? ''))
        this.#denied.push(folder);
      return []; // deleted, or its path is too long
    }
    const inside: string[] = [];
    for (const entry of entries) {
      const isWanted = this.options.wanted(entry.name);
      const isFile = entry.isFile() && isWanted;
      if (!isFile && !entry.isDirectory() && !entry.isSymbolicLink()) continue;
      const path = join(folder, entry.name);
      if (this.options.excluded?.(relative(this.root, path).split(sep).join('/'))) continue;
      if (isFile) this.files.add(path);
      else if (entry.isDirectory()) inside.push(path);
      else await this.#link(path, isWanted);
    }
    return inside;
  }

  async #link(path: string, isWanted: boolean): Promise<void> {
    const info = await stat(path).catch(() => undefined);
    if (info?.isDirectory()) this.#links.push(path);
    else if (info?.isFile() && isWanted) this.files.add(path);
  }

  /** Whether a link leads to new folders: not to a searched tree, nor above or below one. */
  async #isNew(link: string): Promise<boolean> {
    const target = await realpath(link).catch(() => undefined);
    if (target === undefined || SYSTEM.test(target)) return false;
    if (this.#trees.some(tree => isInside(target, tree))) this.linked.push({ path: link, target });
    if (this.#trees.some(tree => isInside(target, tree) || isInside(tree, target))) return false;
    this.#trees.push(target);
    return true;
  }
}
