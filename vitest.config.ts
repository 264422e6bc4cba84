import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

const source = (path: string) => fileURLToPath(new URL(`packages/${path}`, import.meta.url));

const cores = availableParallelism();

export default defineConfig({
	resolve: {
		alias: [
			{ find: '@perdure/abi', replacement: source('abi/src/index.ts') },
			{ find: /^@perdure\/runtime\/(.+)$/, replacement: `${source('runtime/src/')}$1.ts` },
			{ find: '@perdure/runtime', replacement: source('runtime/src/index.ts') },
			{ find: /^@perdure\/transform\/(.+)$/, replacement: `${source('transform/src/')}$1.ts` },
			{ find: '@perdure/transform', replacement: source('transform/src/index.ts') },
			{ find: '@perdure/babel-plugin', replacement: source('babel-plugin/src/index.ts') },
			{ find: /^@perdure\/unplugin\/(.+)$/, replacement: `${source('unplugin/src/')}$1.ts` },
			{ find: '@perdure/cli', replacement: source('cli/src/main.ts') },
			{ find: '@perdure/testing', replacement: source('testing/src/index.ts') },
		],
	},
	test: {
		include: ['test/**/*.test.ts'],
		// Vitest leaves a core to itself, which of two is half of the machine.
		maxWorkers: Math.min(cores, Math.max(cores - 1, 2)),
		// For what hangs: the longest tests take 10 s, and took 65 s on a machine with six times as much to do.
		testTimeout: 120_000,
		hookTimeout: 120_000,
		// What must come may come late on a machine that is held up.
		expect: { poll: { timeout: 30_000 } },
		// Of what tests start, hundreds of processes, each would compile the compilers again: half of its time.
		env: { NODE_COMPILE_CACHE: join(tmpdir(), 'node-compile-cache') },
	},
});
