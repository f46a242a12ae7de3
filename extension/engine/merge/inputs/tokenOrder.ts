/** Rows of an embedding are merged by their numbers, which has a meaning only where both models number tokens alike. */
import type { Problem } from '../../../protocol/results.ts';
import { error } from '../../../shared/problems.ts';
import { movedToken, readVocabulary, type Vocabulary } from '../recipe/vocabulary.ts';
import type { Match } from './match.ts';
import type { OpenInput } from './openInput.ts';

/** @param reference the model that gives tensors their sizes. @returns a line for each input with other numbers */
export async function checkTokens(reference: OpenInput | undefined, { sized }: Match): Promise<Problem[]> {
  const resized = sized.filter(({ rows }) => rows !== undefined);
  if (resized.length === 0) return [];
  const known = await vocabularyOf(reference);
  const problems: Problem[] = [];
  for (const { input, rows } of resized) {
    const own = await vocabularyOf(input);
    // Labels have rows too, but no tokens.
    if (!known || own?.size === undefined || own.size !== rows) continue;
    const moved = movedToken(known, own);
    if (moved === undefined) continue;
    problems.push(
      error(
        `input "${input.name}": ${moved}; rows of its embedding are of other tokens: merge models that number tokens alike, or keep the embedding of one`,
      ),
    );
  }
  return problems;
}

const vocabularyOf = async (model: OpenInput | undefined): Promise<Vocabulary | undefined> =>
  model?.kind === 'checkpoint' ? readVocabulary(model.checkpoint) : undefined;
