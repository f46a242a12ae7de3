/** Charts and tables that pages save. */

/** A file that a page made of a chart or a table. */
export interface ExportedFile {
  /** Suggested name, without folders and with its ending. */
  readonly name: string;
  readonly kind: 'png' | 'svg' | 'csv';
  /** A PNG as base64; of the others the text. */
  readonly data: string;
}

/** Where a page's exports go. */
export interface ExportHost {
  /** Asks for a name and writes the file; false when the dialog was cancelled. */
  saveFile(file: ExportedFile): Promise<boolean>;
}
