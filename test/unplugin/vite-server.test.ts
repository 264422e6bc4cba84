/** Vite's server: what a change does, what is served as text, packages that ship their sources, virtual modules. */
import perdure from '@perdure/unplugin/vite';
import { createServer, type Plugin, type ViteDevServer } from 'vite';
import { expect, onTestFinished, test } from 'vitest';
import { createProject, type Project } from '../support/project.ts';

/** Is `f` of a module compiled? */
const isCompiled = (module: Record<string, unknown>) => !String(module['f']).includes('durable');
const durable = (text: string) => `export async function f() { 'use durable'; return '${text}'; }\n`;

async function serve(project: Project, include: readonly string[] = [], more: Plugin[] = []): Promise<ViteDevServer> {
	const server = await createServer({
		root: project.folder,
		configFile: false,
		logLevel: 'silent',
		server: { middlewareMode: true, ws: false },
		plugins: [perdure({ include }), ...more],
	});
	onTestFinished(() => server.close());
	return server;
}

test('after a change the new text is compiled; an error has its place, and goes', async () => {
	const project = createProject({ 'a.ts': durable('one') });
	const server = await serve(project);
	const first = await server.ssrLoadModule('/a.ts');
	expect([isCompiled(first), await first['f']()]).toEqual([true, 'one']);

	project.write({ 'a.ts': durable('two').replace('async ', '') });
	server.moduleGraph.invalidateAll();
	const failed = await server.ssrLoadModule('/a.ts').catch((error) => error);
	expect(failed).toMatchObject({
		message: expect.stringContaining('PD1002'),
		plugin: 'perdure',
		loc: { line: 1, column: 22 },
		frame: expect.stringContaining("{ 'use durable'; return 'two'; }"),
	});

	project.write({ 'a.ts': durable('three') });
	server.moduleGraph.invalidateAll();
	const last = await server.ssrLoadModule('/a.ts');
	expect([isCompiled(last), await last['f']()]).toEqual([true, 'three']);
});

test('a file that is asked for as text is served as it was written', async () => {
	const project = createProject({ 'a.ts': durable('text') });
	const server = await serve(project);
	expect((await server.ssrLoadModule('/a.ts?raw'))['default']).toBe(durable('text'));
	expect(isCompiled(await server.ssrLoadModule('/a.ts?v=2'))).toBe(true);
});

test.for([true, false])('a package that ships durable sources: named %s', async (named) => {
	const project = createProject({ 'main.ts': `export { f } from '@acme/flows';\n` });
	project.remove('node_modules');
	project.write({
		'node_modules/@acme/flows/package.json': JSON.stringify({ name: '@acme/flows', type: 'module', exports: './a.js' }),
		'node_modules/@acme/flows/a.js': durable('acme'),
	});
	project.link('node_modules/@perdure');
	const server = await serve(project, named ? ['@acme/flows'] : []);
	expect(isCompiled(await server.ssrLoadModule('/main.ts'))).toBe(named);
});

test('a module that another plugin makes', async () => {
	const project = createProject({ 'main.ts': `export { f } from 'virtual:flows.ts';\n` });
	const made: Plugin = {
		name: 'made',
		resolveId: (id) => (id === 'virtual:flows.ts' ? id : null),
		load: (id) => (id === 'virtual:flows.ts' ? durable('made').replace('f()', 'f(_?: number)') : null),
	};
	const server = await serve(project, [], [made]);
	const module = await server.ssrLoadModule('/main.ts');
	expect([isCompiled(module), await module['f']()]).toEqual([true, 'made']);
});

test('a browser gets the runtime as it is, since Vite cannot know of it before', async () => {
	const project = createProject({ 'a.ts': durable('browser') });
	const server = await serve(project);
	const { code } = (await server.transformRequest('/a.ts'))!;
	expect(code).toMatch(/from "\/(@fs\/.*|node_modules\/@perdure\/)runtime\/dist\/internal\.js"/);
});
