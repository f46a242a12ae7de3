/** Maps mergekit's methods and parameters to ours. Its names, defaults and semantics apply in recipe files. */

/** What one of mergekit's parameters is translated to. */
export interface Row {
  /** Our parameter; undefined: not needed. */
  readonly to?: string;
  /** Our names of true and false. */
  readonly named?: readonly [string, string];
  /** mergekit's default; undefined: mergekit requires a value. */
  readonly standard?: number | boolean;
  /** Whether each model has its own. */
  readonly each?: boolean;
  /** The only value that is supported; `why` says what to do about others. */
  readonly only?: number | boolean;
  readonly why: string;
}

export interface MergekitMethod {
  /**
   * The role of base_model. `origin`: what task vectors are relative to, not one of the models. `first`: the first of
   * the models. `member`: one of the models, wherever it is listed.
   */
  readonly base: 'origin' | 'first' | 'member';
  readonly rows: Readonly<Record<string, Row>>;
  /** Our parameters that mergekit has no name for, set to mergekit's behaviour. */
  readonly fixed?: Readonly<Record<string, string>>;
}

const weight: Row = {
  to: 'weight',
  each: true,
  why: 'mergekit has no default: a model without a weight is more likely forgotten than meant to count fully',
};
const density: Row = {
  to: 'density',
  each: true,
  standard: 1,
  why: 'mergekit keeps everything unless told otherwise; the command has the defaults of the papers',
};
const lambda: Row = {
  to: 'scale',
  standard: 1,
  why: "the same factor by another name; the papers' 0.3 or 0.2 are defaults of the command only",
};
const int8Mask: Row = {
  why: 'it saves memory in mergekit and changes no value; masks are never stored as floats here',
};
const normalize = (standard: boolean): Row => ({
  to: 'merge',
  named: ['mean', 'sum'],
  standard,
  why: 'mean divides by the sum of the weights that take part, as normalize does',
});

const thinned = (own: Readonly<Record<string, Row>>): Readonly<Record<string, Row>> => ({
  weight,
  density,
  lambda,
  int8_mask: int8Mask,
  ...own,
});

const dare: MergekitMethod = {
  base: 'origin',
  rows: thinned({
    normalize: normalize(false),
    rescale: {
      to: 'rescale',
      named: ['l1', 'none'],
      standard: true,
      why: 'mergekit restores the sum of magnitudes of each tensor; `rescale: density` divides by the density instead',
    },
  }),
};

const della = (normalized: boolean): MergekitMethod => ({
  base: 'origin',
  rows: thinned({
    normalize: normalize(normalized),
    epsilon: { to: 'epsilon', each: true, standard: 0.15, why: 'the same' },
    rescale: {
      to: 'rescale',
      named: ['l1', 'none'],
      standard: true,
      why: 'mergekit restores the sum of magnitudes of each tensor; `rescale: probability` divides each weight by its own',
    },
  }),
});

/** By name; methods that only we have keep our own names and defaults. */
export const MERGEKIT: Readonly<Record<string, MergekitMethod>> = {
  linear: {
    base: 'member',
    rows: { weight, normalize: { to: 'normalize', standard: true, why: 'the same' }, int8_mask: int8Mask },
  },
  task_arithmetic: {
    base: 'origin',
    rows: {
      weight,
      lambda,
      int8_mask: int8Mask,
      density: { why: 'task_arithmetic trims nothing; mergekit ignores it too' },
      rescale: { why: 'task_arithmetic drops nothing; mergekit ignores it too' },
      normalize: normalize(false),
    },
  },
  ties: {
    base: 'origin',
    rows: thinned({
      normalize: normalize(true),
      rescale: { only: false, why: 'what the trim leaves is not rescaled; raise lambda instead' },
    }),
    fixed: { trim: 'tensor' }, // mergekit applies the density to each tensor, the paper to the whole model
  },
  dare_linear: dare,
  dare_ties: dare,
  della_linear: della(false),
  della: della(true),
  slerp: {
    base: 'first', // t goes from base_model to the other, in whatever order they are listed
    rows: { t: { to: 't', why: 'mergekit has no default' }, int8_mask: int8Mask },
  },
  nearswap: {
    base: 'first',
    rows: { t: { to: 't', why: 'mergekit has no default' }, int8_mask: int8Mask },
  },
  arcee_fusion: { base: 'first', rows: { int8_mask: int8Mask } },
  nuslerp: {
    base: 'origin',
    rows: {
      weight,
      nuslerp_flatten: { only: true, why: 'angles are measured over whole tensors' },
      nuslerp_row_wise: { only: false, why: 'angles are measured over whole tensors' },
      int8_mask: int8Mask,
    },
  },
  multislerp: {
    base: 'origin',
    rows: {
      weight,
      normalize_weights: { to: 'normalize_weights', standard: true, why: 'the same' },
      eps: { only: 1e-8, why: 'divisions are guarded without it' },
      int8_mask: int8Mask,
    },
  },
  karcher: {
    base: 'member',
    rows: {
      max_iter: { to: 'max_iter', standard: 10, why: 'the same' },
      tol: { to: 'tol', standard: 1e-5, why: 'the same' },
      int8_mask: int8Mask,
    },
  },
  sce: {
    base: 'origin',
    rows: { select_topk: { to: 'select_topk', standard: 1, why: 'the same' }, int8_mask: int8Mask },
  },
  model_stock: {
    base: 'origin',
    rows: {
      filter_wise: { only: false, why: 'the ratio is found for whole tensors' },
      int8_mask: int8Mask,
    },
  },
};

/** mergekit's methods that are not supported, with what to do instead. */
export const LACKING: Readonly<Record<string, string>> = {
  passthrough: 'passthrough copies and stacks layers and merges nothing; use mergekit for it',
  breadcrumbs_ties: 'breadcrumbs_ties is not supported; use ties, or breadcrumbs with beta and gamma',
  ram: 'ram is not supported; ties and della are the nearest',
  ramplus_tl: 'ramplus_tl is not supported; ties and della are the nearest',
};

export const BREADCRUMBS =
  "breadcrumbs with mergekit's density is not supported: mergekit trims whole tensors to a density (and keeps nothing where gamma removes no weight of a tensor), breadcrumbs here trims rows, as published; give beta (share of the rest that is kept, paper 0.15) and gamma (largest that are dropped, paper 0.006)";
