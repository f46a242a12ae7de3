/** The table of tools that language models may use, if the editor supports that. */
import {
  CancellationError,
  LanguageModelTextPart,
  LanguageModelToolResult,
  lm,
  workspace,
  type LanguageModelTool,
} from 'vscode';
import { printableJson, printableLines } from '../../shared/printable.ts';
import { Disposable } from '../disposable.ts';
import { CancelledError } from '../engineErrors.ts';
import { messageOf } from '../errors.ts';
import type { Services } from '../services.ts';
import type { Tool } from './tool.ts';

interface Entry {
  /** As in the manifest. */
  readonly name: string;
  /** It writes files on request, so it is off in Restricted Mode. */
  readonly needsTrust: boolean;
  /** Its file, with everything it imports, is loaded on first use. */
  readonly load: () => Promise<Tool>;
}

const TOOLS: readonly Entry[] = [
  {
    name: 'tvq_inspect_checkpoint',
    needsTrust: false,
    load: async () => (await import('./inspectCheckpoint.ts')).inspectCheckpoint,
  },
  {
    name: 'tvq_quantize_task_vectors',
    needsTrust: true,
    load: async () => (await import('./quantizeTaskVectors.ts')).quantizeTaskVectors,
  },
  {
    name: 'tvq_merge_models',
    needsTrust: true,
    load: async () => (await import('./mergeModels.ts')).mergeModels,
  },
];

/** Editors based on VS Code may lack the whole namespace. */
const languageModels = lm as Partial<typeof lm> | undefined;

export class Tools extends Disposable {
  constructor(services: Services) {
    super();
    if (languageModels?.registerTool === undefined) return;
    for (const entry of TOOLS)
      this._register(languageModels.registerTool(entry.name, toolOf(entry, services)));
  }
}

function toolOf({ needsTrust, load }: Entry, services: Services): LanguageModelTool<unknown> {
  const checkTrust = () => {
    if (needsTrust && !workspace.isTrusted) throw new Error('The workspace is not trusted: ask the user.');
  };
  return {
    async prepareInvocation({ input }) {
      checkTrust();
      try {
        const tool = await load();
        return await tool.prepare(services, input);
      } catch (error) {
        throw toldError(error);
      }
    },
    async invoke({ input }, token) {
      checkTrust();
      try {
        const tool = await load();
        const answer = await tool.invoke(services, input, token);
        return new LanguageModelToolResult([new LanguageModelTextPart(printableJson(answer))]);
      } catch (error) {
        throw error instanceof CancelledError ? new CancellationError() : toldError(error);
      }
    },
  };
}

/** Errors are read by the model and by the user, so they must be printable. */
const toldError = (error: unknown): Error => new Error(printableLines(messageOf(error)), { cause: error });
