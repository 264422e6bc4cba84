import { expect, test } from 'vitest';
import { createProject, greeting, type Project } from '../support/project.ts';

const REGISTER = ['--import', '@perdure/transform/register'];

function run(project: Project, ...args: string[]): string {
	const { status, stdout, stderr } = project.node(...REGISTER, ...args);
	expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
	return stdout;
}

/** A module whose function says whether it was compiled. */
const told = (name: string) =>
	`async function ${name}() { 'use durable'; return 1; }\nconsole.log('${name}', !${name}.toString().includes('durable'));\n`;

test('TypeScript runs as it is written', () => {
	const project = createProject({ 'greet.ts': greeting.greet, 'main.ts': greeting.main('./greet.ts') });
	expect(run(project, 'main.ts')).toBe(greeting.printed);
});

test('every extension is compiled, imported or required', () => {
	const project = createProject({
		'main.ts': `import './a.ts'; import './b.mts'; import './c.js'; import './d.mjs'; import './e.cts'; import './f.cjs';
import { createRequire } from 'node:module';
const require = createRequire(import.meta.url);
require('./g.cts'); require('./h.cjs'); require('./i.mts');`,
		'a.ts': `export {}; const x: number = 1; void x;\n${told('a')}`,
		'b.mts': `export {};\n${told('b')}`,
		'c.js': `export {};\n${told('c')}`,
		'd.mjs': told('d'),
		'e.cts': `const x: number = 1; module.exports = x;\n${told('e')}`,
		'f.cjs': `module.exports = 1;\n${told('f')}`,
		'g.cts': `const x: number = 1; module.exports = x;\n${told('g')}`,
		'h.cjs': `module.exports = 1;\n${told('h')}`,
		'i.mts': `export const x: number = 1;\n${told('i')}`,
	});
	expect(run(project, 'main.ts').trim().split('\n').sort()).toEqual([...'abcdefghi'].map((name) => `${name} true`));
});

test('without "type" in package.json the syntax decides', () => {
	const project = createProject({
		'package.json': '{ "name": "shop" }',
		'esm.ts': `import 'node:fs'; const x: number = 1; console.log(x, typeof require);\n${told('esm')}`,
		'esm.js': `import 'node:fs'; console.log(typeof require);\n${told('esm')}`,
		'cjs.ts': `require('./inner.ts'); console.log(typeof module);\n${told('cjs')}`,
		'cjs.js': `require('./inner.js'); console.log(typeof module);\n${told('cjs')}`,
		'inner.ts': `const x: number = 1; console.log(x, typeof require);\n${told('inner')}`,
		'inner.js': `console.log(typeof require);\n${told('inner')}`,
		'required-js.cjs': `require('./esm.js');`,
		'required-ts.cjs': `require('./esm.ts');`,
	});
	const quiet = '--disable-warning=MODULE_TYPELESS_PACKAGE_JSON';
	expect(run(project, quiet, 'esm.ts')).toBe('1 undefined\nesm true\n');
	expect(run(project, quiet, 'esm.js')).toBe('undefined\nesm true\n');
	expect(run(project, quiet, 'cjs.ts')).toBe('1 function\ninner true\nobject\ncjs true\n');
	expect(run(project, quiet, 'cjs.js')).toBe('function\ninner true\nobject\ncjs true\n');
	expect(run(project, quiet, 'required-js.cjs')).toBe('undefined\nesm true\n');
	expect(run(project, quiet, 'required-ts.cjs')).toBe('1 undefined\nesm true\n');
});

test('CommonJS keeps its directives, its first lines and its place', () => {
	const project = createProject({
		'entry.cjs': `#!/usr/bin/env node
/* first */ "use strict" // as it was
'another'; const { x } = require('./inner.cjs'); console.log(new Error().stack.includes('entry.cjs:3:'), x, this === module.exports);
console.log((function () { return this; })());
`,
		'inner.cjs': `'use strict'\nexports.x = (function () { return typeof this; })();\n`,
	});
	expect(run(project, 'entry.cjs')).toBe('true undefined true\nundefined\n');
});

const thrower = `interface Order {
	id: number;
}

export async function fail(order: Order): Promise<void> {
	'use durable';
	for (let i = 0; ; i++) {
		await i;
		if (i === 2) throw new Error(\`order \${order.id}\`);
	}
}
`;
const printStack = `import { fail } from './fail.ts';
fail({ id: 7 }).catch((error: Error) => console.log(error.stack));
`;

test('stack traces show the lines of the file as written', () => {
	const project = createProject({ 'fail.ts': thrower, 'main.ts': printStack });
	expect(run(project, 'main.ts')).toMatch(/^Error: order 7\n +at .*fail\.ts:9:22\)?\n/);
});

test('also where Node transforms types, and the compiled text moves lines again', () => {
	const project = createProject({
		'fail.ts': `enum Colour {\n\tRed,\n\tBlue,\n}\nconsole.log(Colour.Blue);\n${thrower}`,
		'main.ts': printStack,
	});
	const flags = ['--experimental-transform-types', '--disable-warning=ExperimentalWarning'];
	expect(run(project, ...flags, 'main.ts')).toMatch(/^1\nError: order 7\n +at .*fail\.ts:14:22\)?\n/);
});

test('a map that the loaded file brings is composed', () => {
	const project = createProject({
		'src/fail.ts': thrower,
		'tsconfig.json': JSON.stringify({
			compilerOptions: {
				rootDir: 'src',
				outDir: 'dist',
				module: 'nodenext',
				target: 'es2022',
				sourceMap: true,
				types: [],
			},
			include: ['src'],
		}),
	});
	expect(project.tspc('-p', '.').status).toBe(0);
	project.write({ 'main.js': printStack.replace('./fail.ts', './dist/fail.js').replace(': Error', '') });
	expect(project.read('dist/fail.js')).toContain('use durable');
	expect(run(project, 'main.js')).toMatch(/^Error: order 7\n +at .*src\/fail\.ts:9:22\)?\n/);
});

test('a module that does not compile fails its import with every error, and the process with them', () => {
	const project = createProject({
		'bad.ts': `export function one() {\n\t'use durable';\n}\nexport class A {\n\tget two() {\n\t\t'use durable';\n\t\treturn 1;\n\t}\n}\n`,
		'main.ts': `import './bad.ts';`,
		'catch.ts': `await import('./bad.ts').catch((error) => console.log(error.name, error.code, error.diagnostics.length));`,
	});
	const { status, stderr } = project.node(...REGISTER, 'main.ts');
	expect(status).toBe(1);
	expect(stderr).toMatch(/bad\.ts:\d:\d+ - error PD1002: /);
	expect(stderr.match(/error PD1002/g)).toHaveLength(2);
	expect(stderr).toContain('help: ');
	expect(run(project, 'catch.ts')).toBe('CompileError PD1002 2\n');
});

test('a syntax error is reported with its place', () => {
	const project = createProject({ 'main.ts': `export async function f() {\n\t'use durable';\n\tawait (;\n}\n` });
	const { status, stderr } = project.node(...REGISTER, 'main.ts');
	expect(status).toBe(1);
	expect(stderr).toMatch(/main\.ts:3/);
});
