/** What is wrong with a pickle, without the file's name. */
export class PickleFault extends Error {}

/** The bytes end before the pickle does. */
export class CutOff extends Error {}
