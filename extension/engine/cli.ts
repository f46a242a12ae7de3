#!/usr/bin/env node
import { main } from './cli/main.ts';
import { watchStreams } from './cli/terminal.ts';

watchStreams();
const cancel = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => cancel.abort());
process.exitCode = await main(process.argv.slice(2), cancel.signal);
