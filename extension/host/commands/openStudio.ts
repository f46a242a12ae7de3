import type { Command } from './command.ts';
import { selectedPaths } from './selection.ts';
import { chooseSelection } from './studioSelection.ts';

/** Opens the Studio for what was clicked, or asks. */
export const openStudio: Command = {
  id: 'tvq.openStudio',
  needsTrust: true,
  async run(services, ...args) {
    const selection = await chooseSelection(services, selectedPaths(args));
    if (selection !== undefined) services.studio.open(selection);
  },
};
