import type { Run } from './command.ts';
import { clickedTvq, selectedPaths } from './selection.ts';
import { selectionFromFile } from './sourceSelection.ts';
import { chooseSelection } from './studioSelection.ts';

/** Opens the Studio for what was clicked, or asks; for a .tvq file, with the models it was made from. */
export const run: Run = async (services, ...args) => {
  const paths = selectedPaths(args);
  const source = clickedTvq(paths);
  const selection = await (source === undefined
    ? chooseSelection(services, paths)
    : selectionFromFile(services, source));
  if (selection !== undefined) await services.studio.open(selection);
};
