/**
 * The bit allocator: which codec each tensor gets, so that a file of a given size has the least error.
 *
 *   groups    what is decided together                    `Group`, `Base`, `Offset`, `Choice`, `alone`
 *             TVQ: `alone(name, choices, { weight, limits })` for each tensor of each task vector.
 *             RTVQ: `{ name, base, offsets }` for each tensor; base bytes count once, errors for every task.
 *             Header and exact tensors: `alone('header', [{ codec, bytes, error: 0 }])`, so that budgets are file sizes.
 *   once      `allocate(groups, bytes)`, `allocateForError(groups, error)` → `Allocation`
 *   often     `prepare(groups)` → `Prepared`; then `solve(prepared, bytes)`, `solveForError(prepared, error)`,
 *             `curve(prepared, points)`; `update(prepared, changes)` after pins, limits or sensitivities changed.
 *             `prepared.smallest` and `.largest` are the ends of the range of sizes.
 *   result    `Allocation`: bytes, error, slope (λ), and `chosen(group)` → the `Choice` objects of base and offsets
 *   weights   `sensitivities(tensors, measures)`, sentences in `MEASURES`
 *             `measuresOf(recipe, budget)`: those that a recipe asks for
 *   tables    `groupsOf(table, measures, rules)`: the groups of a measured model; `slotGroup` to change one
 *   budgets   `parseBudget('2.25bpw')`, `budgetBytes(budget, scale)`
 *   errors    all extend `AllocationError`: `BudgetTooSmall` (.smallest), `ErrorTooLow` (.lowest), `NoBudget` and
 *             `NoPattern` (.given)
 *
 * Everything is pure and deterministic: the engine and the pages get the same allocation from the same groups.
 */
export { allocate, allocateForError, solve, solveForError, type Allocation, type Chosen } from './solve.ts';
export { curve, lastAtMost, prepare, update, type Prepared } from './prepare.ts';
export {
  alone,
  choicesGiven,
  type Base,
  type Choice,
  type Group,
  type Offset,
  type RatePoint,
} from './model.ts';
export { BUDGET_FORMS, NoBudget, budgetBytes, parseBudget, type Budget, type BudgetScale } from './budget.ts';
export { MEASURES, sensitivities, type Measure, type TensorStatistics } from './sensitivity.ts';
export { measuresOf } from './measures.ts';
export { EXACT, fixedGroup, groupsOf, slotGroup, weightsOf, wishesOf, type Wish } from './table.ts';
export { NoPattern, patternOf } from './pattern.ts';
export { budgetRoom, rulesBytes } from './provenance.ts';
export { AllocationError, BudgetTooSmall, ErrorTooLow } from './errors.ts';
