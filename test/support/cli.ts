/** The `perdure` that is built, and plain `tsc`, in a user's project. */
import { fileURLToPath } from 'node:url';
import type { Ended, Project } from './project.ts';

const bin = fileURLToPath(new URL('../../packages/cli/dist/bin.js', import.meta.url));

const COMPILERS = {
	6: fileURLToPath(new URL('../../node_modules/typescript/bin/tsc', import.meta.url)),
	7: fileURLToPath(new URL('../typescript-7/node_modules/typescript/bin/tsc', import.meta.url)),
} as const;

export type Version = keyof typeof COMPILERS;

export const VERSIONS = [6, 7] as const;

export function perdure(project: Project, ...args: string[]): Ended {
	return project.node(bin, ...args);
}

/** Its exit code is the caller's to look at: it emits with errors, too. */
export function tsc(project: Project, version: Version, ...args: string[]): Ended {
	return project.node(COMPILERS[version], ...args);
}
