import { OUTPUT_DTYPES } from '../../shared/outputForms.ts';

/** What a model can be written in, as the option names it. */
export const DTYPE_CHOICES: readonly string[] = OUTPUT_DTYPES.map(({ name }) => name.toLowerCase());
