export function writeMessages(files: readonly string[]): Promise<void>;
export function messagesIn(file: string, source: string): string[];
