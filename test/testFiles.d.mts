export function testFiles(root: string, projects: readonly string[]): string[];
