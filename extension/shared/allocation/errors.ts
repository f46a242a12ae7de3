/** Allocator errors that the user can act on: what was found, and the remedy. */
export class AllocationError extends Error {
  constructor(message: string) {
    super(message);
    this.name = new.target.name;
  }
}

/** Not even the cheapest choice of everything fits the budget. */
export class BudgetTooSmall extends AllocationError {
  /** @param smallest bytes of the smallest possible allocation */
  constructor(
    readonly budget: number,
    readonly smallest: number,
  ) {
    super(`a budget of ${budget} B is too small: the smallest possible size is ${smallest} B`);
  }
}

/** Not even the best choice of everything has an error as low as requested. */
export class ErrorTooLow extends AllocationError {
  /** @param lowest weighted error of the best possible allocation */
  constructor(
    readonly target: number,
    readonly lowest: number,
  ) {
    super(`an error of ${target} cannot be reached: the lowest possible error is ${lowest}`);
  }
}
