/** What the accuracy bench compares: rows are ways to store the task vectors, columns are ways to merge them. */

/** A row has the flags of `tvq quantize`; FP32 has none, and uses the checkpoints directly. */
const paperRow = (label, ...flags) => ({ label, flags: ['--preset', 'paper', ...flags] });

/** The paper's table. */
export const PAPER_ROWS = [
  { label: 'FP32', flags: undefined },
  paperRow('FQ8', '--scheme', 'fq', '--bits', '8'),
  paperRow('FQ4', '--scheme', 'fq', '--bits', '4'),
  paperRow('TVQ8', '--scheme', 'tvq', '--bits', '8'),
  paperRow('TVQ4', '--scheme', 'tvq', '--bits', '4'),
  paperRow('TVQ3', '--scheme', 'tvq', '--bits', '3'),
  paperRow('TVQ2', '--scheme', 'tvq', '--bits', '2'),
  paperRow('RTVQB3O2', '--scheme', 'rtvq', '--base-bits', '3', '--offset-bits', '2'),
  // BitDelta's one bit: signs times one scale a tensor, the mean magnitude; its distillation needs data.
  {
    label: 'BitDelta',
    flags: ['--scheme', 'tvq', '--bits', '1', '--codec', 'lloyd-max', '--group-size', '0'],
  },
];

/** Rows for files of given sizes: `none`, or values of --budget, separated by commas. */
export const budgetRows = asked =>
  asked === 'none' ? [] : asked.split(',').map(budget => ({ label: budget, flags: ['--budget', budget] }));

/** "LABEL=--flag value …" → a row. */
export function parseRow(text) {
  const at = text.indexOf('=');
  const flags = text.slice(at + 1).match(/\S+/g);
  if (at <= 0 || !flags?.[0].startsWith('--')) {
    throw new Error(`--row ${text}: LABEL=FLAGS was expected, for example "TVQ5=--scheme tvq --bits 5"`);
  }
  return { label: text.slice(0, at), flags };
}

const PAPER_METHODS = ['task_arithmetic', 'ties', 'magmax', 'consensus_ta', 'emr', 'breadcrumbs'];

/** The grids of reference.py and its siblings, by the kind of a suite: other models want other scales. */
const PAPER_GRIDS = {
  classification: {
    task_arithmetic: { scale: [0.05, 0.1, 0.2, 0.3] },
    ties: { scale: [0.2, 0.4, 0.7, 1] },
    magmax: { scale: [0.2, 0.35, 0.5] },
    consensus_ta: { scale: [0.1, 0.2, 0.3] },
    breadcrumbs: { scale: [0.1, 0.2, 0.4] },
  },
  dense: {
    task_arithmetic: { scale: [0.1, 0.2, 0.3, 0.4] },
    ties: { scale: [0.2, 0.4, 0.7, 1] },
    magmax: { scale: [0.2, 0.35, 0.5, 0.7, 1] },
    consensus_ta: { scale: [0.1, 0.2, 0.3, 0.4] },
    breadcrumbs: { scale: [0.1, 0.2, 0.3, 0.4] },
  },
  language: {
    task_arithmetic: { scale: [0.05, 0.1, 0.2, 0.3] },
    ties: { scale: [0.1, 0.2, 0.4, 0.7] },
    magmax: { scale: [0.05, 0.1, 0.2, 0.35] },
    consensus_ta: { scale: [0.05, 0.1, 0.2, 0.3] },
    breadcrumbs: { scale: [0.1, 0.2, 0.3, 0.6] },
  },
};

/** Grids of further methods whose result depends on the number of tasks; the others run at their defaults. */
const MORE_GRIDS = {
  dare_linear: { scale: [0.05, 0.1, 0.2] },
  dare_ties: { scale: [0.1, 0.2, 0.4] },
  della_linear: { scale: [0.05, 0.1, 0.2] },
  della: { scale: [0.2, 0.4, 0.7] },
  pcb: { scale: [0.4, 0.8, 1.2] },
  sce: { scale: [0.4, 0.7, 1] },
  tsv_m: { scale: [0.2, 0.5, 1] },
  iso_c: { scale: [0.5, 1, 1.5] },
};

/** Columns: `asked` is `paper`, `all`, `none` or names; `infos` is the engine's list of methods; `kind` is the suite's. */
export function chooseMethods(asked, infos, tasks, kind) {
  const fitting = infos
    .filter(({ minimumInputs, maximumInputs = Infinity }) => minimumInputs <= tasks && tasks <= maximumInputs)
    .map(({ name }) => name);
  const paper = PAPER_METHODS;
  const all = [...paper, ...fitting.filter(name => !paper.includes(name))];
  const names = asked === 'paper' ? paper : choose('method', asked, all);
  return names.map(name => ({ name, grid: { ...PAPER_GRIDS[kind], ...MORE_GRIDS }[name] }));
}

/** The requested rows of the paper: `all`, `none` or labels. */
export function chooseRows(asked) {
  const labels = choose(
    'row',
    asked,
    PAPER_ROWS.map(({ label }) => label),
  );
  return PAPER_ROWS.filter(({ label }) => labels.includes(label));
}

/** `all`, `none`, or names separated by commas, in the order of `known`. */
function choose(what, asked, known) {
  if (asked === 'all') return known;
  const names = asked === 'none' ? [] : asked.split(',');
  const unknown = names.find(name => !known.includes(name));
  if (unknown !== undefined)
    throw new Error(`there is no ${what} "${unknown}"; there are ${known.join(', ')}`);
  return known.filter(name => names.includes(name));
}
