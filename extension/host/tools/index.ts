/** The table of tools that language models may use, where the editor has such tools. */
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
import { CancelledError } from '../engineProcess.ts';
import { messageOf } from '../errors.ts';
import type { Services } from '../services.ts';
import { inspectCheckpoint } from './inspectCheckpoint.ts';
import { mergeModels } from './mergeModels.ts';
import { quantizeTaskVectors } from './quantizeTaskVectors.ts';
import type { Tool } from './tool.ts';

const TOOLS: readonly Tool[] = [inspectCheckpoint, quantizeTaskVectors, mergeModels];

/** As it is: editors that are built from VS Code may leave the whole name space out. */
const languageModels = lm as Partial<typeof lm> | undefined;

export class Tools extends Disposable {
  constructor(services: Services) {
    super();
    if (languageModels?.registerTool === undefined) return;
    for (const tool of TOOLS) this._register(languageModels.registerTool(tool.name, toolOf(tool, services)));
  }
}

function toolOf(tool: Tool, services: Services): LanguageModelTool<unknown> {
  const checkTrust = () => {
    if (tool.needsTrust && !workspace.isTrusted)
      throw new Error('The workspace is not trusted: ask the user.');
  };
  return {
    async prepareInvocation({ input }) {
      checkTrust();
      try {
        return await tool.prepare(services, input);
      } catch (error) {
        throw toldError(error);
      }
    },
    async invoke({ input }, token) {
      checkTrust();
      try {
        const answer = await tool.invoke(services, input, token);
        return new LanguageModelToolResult([new LanguageModelTextPart(printableJson(answer))]);
      } catch (error) {
        throw error instanceof CancelledError ? new CancellationError() : toldError(error);
      }
    },
  };
}

/** Read by the model and by the user, who both take what is in it for what it looks like. */
const toldError = (error: unknown): Error => new Error(printableLines(messageOf(error)), { cause: error });
