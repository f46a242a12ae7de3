export function withoutNpm(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv;
