import { UserError } from '../shared/errors.ts';

/**
 * A file that is not weights despite an ending that weights have too. Where files are searched it is passed over: a
 * folder may have thousands.
 */
export class NotWeights extends UserError {}
