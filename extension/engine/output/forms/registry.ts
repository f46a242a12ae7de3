/** All forms of output. */
import { dtypesOf, OUTPUT_DTYPES, OUTPUT_FORMS, outputForm } from '../../../shared/outputForms.ts';
import { error } from '../../../shared/problems.ts';
import type { FormedModel, OutputForm, OutputModel } from '../form.ts';
import { ggufForm } from './gguf.ts';
import { folderForm, safetensorsForm } from './weightFiles.ts';

const FORMS: readonly OutputForm[] = [folderForm, safetensorsForm, ggufForm];

/** Forms a model as its output's name says. A dtype that this form cannot hold is a problem, and taken as not given. */
export async function formed(model: OutputModel): Promise<FormedModel> {
  const { name, ending } = outputForm(model.output);
  const form = FORMS.find(one => one.name === name) as OutputForm;
  const known = dtypesOf(name).map(dtype => dtype.name);
  if (model.dtype === undefined || known.includes(model.dtype)) return form.form(model);
  const holders = OUTPUT_DTYPES.find(dtype => dtype.name === model.dtype)?.forms ?? [];
  const place = (one: { readonly ending: string | undefined }) => one.ending ?? 'a folder';
  const others = holders
    .map(holder => place(OUTPUT_FORMS.find(one => one.name === holder) ?? { ending: undefined }))
    .join(' or ');
  const what = ending === undefined ? 'a folder' : `a ${ending} file`;
  const result = await form.form({ ...model, dtype: undefined });
  return {
    ...result,
    problems: [
      ...result.problems,
      error(
        `${model.output}: ${what} does not hold ${model.dtype}, but ${known.join(', ')}; choose one of these, or an output that does (${others})`,
      ),
    ],
  };
}
