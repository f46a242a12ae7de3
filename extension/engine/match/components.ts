/** Pipelines of several models among those that are compared: the component that is meant, if only one can be. */
import { basename, extname, join } from 'node:path';
import type { Problem } from '../../protocol/results.ts';
import { warning } from '../../shared/problems.ts';
import { pipelineAt } from '../../formats/huggingface/pipeline.ts';
import { isTvq } from '../../formats/tvq/names.ts';
import { partsOf, PLUS } from './openNamed.ts';

export interface Components {
  /** Of the models, in their order: pipelines replaced by their component, if it is clear which. */
  readonly names: readonly string[];
  readonly problems: readonly Problem[];
}

/**
 * Opening a pipeline that remains names its components. A model that is none counts as the component that its folder is
 * named after; .tvq files may be of any.
 * @param names as for `openNamed`
 */
export async function withComponents(names: readonly string[]): Promise<Components> {
  const models = await Promise.all(
    names.map(async name => {
      const [path, ...adapters] = partsOf(name) as [string, ...string[]];
      return { name, path, adapters, pipeline: isTvq(path) ? undefined : await pipelineAt(path) };
    }),
  );
  const [first] = models.filter(({ pipeline }) => pipeline);
  const others = models.filter(({ path }) => !isTvq(path));
  const [component, second] = (first?.pipeline?.components ?? []).filter(each =>
    others.every(({ path, pipeline }) =>
      pipeline ? pipeline.components.includes(each) : basename(path, extname(path)) === each,
    ),
  );
  if (component === undefined || second !== undefined) return { names, problems: [] };
  const taken = models.map(({ name, path, adapters, pipeline }) => ({
    path,
    name: pipeline ? [join(pipeline.folder, component), ...adapters].join(PLUS) : name,
    isPipeline: pipeline !== undefined,
  }));
  return {
    names: taken.map(({ name }) => name),
    problems: [...new Set(taken.flatMap(({ path, isPipeline }) => (isPipeline ? [path] : [])))].map(path =>
      warning(`${path}: a pipeline; its component ${component} is read, the only one that all models have`),
    ),
  };
}
