import type { Plugin } from 'esbuild';

export function split(entry: string): Plugin;
