/** A bundle that brings its own copy of the runtime, in a process that has another. */
import { join } from 'node:path';
import perdure from '@perdure/unplugin/esbuild';
import { build } from 'esbuild';
import { expect, test } from 'vitest';
import { createProject, greeting } from '../support/project.ts';

async function bundled(options: { minify?: boolean; external?: string[]; entry: string }) {
	const project = createProject({
		'src/greet.ts': greeting.greet,
		'src/main.ts': greeting.main('./greet.ts'),
		'main.js': greeting.main('./out/greet.js'),
	});
	const { entry, ...rest } = options;
	await build({
		absWorkingDir: project.folder,
		entryPoints: [join(project.folder, entry)],
		outdir: 'out',
		bundle: true,
		format: 'esm',
		platform: 'node',
		logLevel: 'silent',
		plugins: [perdure()],
		...rest,
	});
	return project;
}

test.for([false, true])('is refused by name when the other copy is to run it: minified %s', async (minify) => {
	const project = await bundled({ entry: 'src/greet.ts', minify });
	const { status, stderr } = project.node('main.js');
	expect(status).toBe(1);
	expect(stderr).toContain(
		"'shop/src/greet#greet' (src/greet.ts) was loaded with another copy of @perdure/runtime than the one that is to run it.",
	);
	expect(stderr).toContain("code: 'PD5006'");
});

test('runs where the runtime is external', async () => {
	const project = await bundled({ entry: 'src/greet.ts', external: ['@perdure/*'] });
	const { status, stdout, stderr } = project.node('main.js');
	expect({ status, stdout, stderr }).toEqual({ status: 0, stdout: greeting.printed, stderr: '' });
});

test('runs where what starts it is in the bundle, though another copy was loaded before', async () => {
	const project = await bundled({ entry: 'src/main.ts', minify: true });
	project.write({ 'both.js': `import '@perdure/runtime';\nimport './out/main.js';\n` });
	const { status, stdout, stderr } = project.node('both.js');
	expect({ status, stdout, stderr }).toEqual({ status: 0, stdout: greeting.printed, stderr: '' });
});
