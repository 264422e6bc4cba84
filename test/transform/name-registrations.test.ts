import { originalPositionFor, TraceMap } from '@jridgewell/trace-mapping';
import { nameRegistrations, transform } from '@perdure/transform';
import { expect, test } from 'vitest';

const named = (source: string) => nameRegistrations(source, { filename: 'a.ts' })?.code ?? null;
const withImport = (code: string, what = 'serializable, resource') =>
	`import { ${what} } from '@perdure/runtime';\n${code}`;

const changed: readonly (readonly [what: string, before: string, after: string])[] = [
	['a class of the module', 'class A {}\nserializable(A);', 'class A {}\nserializable(A, undefined, { id: "A" });'],
	['with hooks', 'class A {}\nserializable(A, hooks);', 'class A {}\nserializable(A, hooks, { id: "A" });'],
	['with empty options', 'class A {}\nserializable(A, h, {});', 'class A {}\nserializable(A, h, { id: "A",});'],
	[
		'an expression',
		'const A = serializable(class B {});',
		'const A = serializable(class B {}, undefined, { id: "B" });',
	],
	[
		'a constant',
		'const A = class {};\nserializable(A,);',
		'const A = class {};\nserializable(A, undefined, { id: "A" },);',
	],
	[
		'a constant with an inner name',
		'const A = class B {};\nserializable(A);',
		'const A = class B {};\nserializable(A, undefined, { id: "B" });',
	],
	[
		'itself',
		'class A { static { serializable(this); } }',
		'class A { static { serializable(this, undefined, { id: "A" }); } }',
	],
	[
		'behind a type',
		'class A {}\nserializable(A as any);',
		'class A {}\nserializable(A as any, undefined, { id: "A" });',
	],
	[
		'an import',
		'import { A as B } from "./a.ts";\nserializable(B);',
		'import { A as B } from "./a.ts";\nserializable(B, undefined, { id: "A" });',
	],
	[
		'a default import',
		'import A from "./a.ts";\nserializable(A);',
		'import A from "./a.ts";\nserializable(A, undefined, { id: "A" });',
	],
	[
		'of a namespace',
		'import * as n from "./a.ts";\nserializable(n.A);',
		'import * as n from "./a.ts";\nserializable(n.A, undefined, { id: "A" });',
	],
	['a resource', 'class A {}\nresource(A);', 'class A {}\nresource(A, { id: "A" });'],
	[
		'a resource with options',
		'class A {}\nresource(A, { ...o, marshal });',
		'class A {}\nresource(A, { id: "A", ...o, marshal });',
	],
];

test.for(changed)('writes the id: %s', ([, before, after]) => {
	expect(named(withImport(before))).toBe(withImport(after));
});

test('the functions are known by what they are, not by what they are called', () => {
	expect(named(withImport('class A {}\nstore(A);', 'serializable as store'))).toContain(
		'store(A, undefined, { id: "A" })',
	);
	expect(named(`import * as p from '@perdure/runtime';\nclass A {}\np.resource(A);`)).toContain(
		'p.resource(A, { id: "A" })',
	);
	expect(named(`import { serializable } from './own.ts'; // not @perdure/runtime\nclass A {}\nserializable(A);`)).toBe(
		null,
	);
	expect(named(withImport('class A {}\nfunction f(serializable) { serializable(A); }'))).toBe(null);
});

const kept: readonly (readonly [what: string, source: string])[] = [
	['has an id', 'class A {}\nserializable(A, undefined, { id: "x" });'],
	['a resource that has one', 'class A {}\nresource(A, { marshal, id });'],
	['options that may have one', 'class A {}\nserializable(A, undefined, options);'],
	['arguments that nobody knows', 'class A {}\nserializable(A, ...rest);'],
	['a class that names itself', 'class A { static name = "x" }\nserializable(A);'],
	['a variable', 'let A = class {};\nA = other;\nserializable(A);'],
	['a parameter', 'const f = (A) => serializable(A);'],
	['an element', 'serializable(all[0]);'],
	['a file with an error', 'class A {}\nserializable(A); }'],
];

test.for(kept)('leaves alone: %s', ([, source]) => {
	expect(named(withImport(source))).toBe(null);
});

test('a module that is compiled as well has a map to its source, which has the same name', () => {
	const filename = '/app/src/order.ts';
	const source = withImport(`class A {}
serializable(A);
export async function order() {
	'use durable';
	await pay();
}
export const last = 1;
`);
	const compiled = transform(source, { filename, sourceMap: true });
	const { code, map } = nameRegistrations(compiled.code, { filename, inputMap: compiled.map })!;
	expect(code).toContain('serializable(A, undefined, { id: "A" })');
	const before = code.slice(0, code.indexOf('last = 1')).split('\n');
	const place = originalPositionFor(new TraceMap(map), { line: before.length, column: before.at(-1)!.length });
	expect(place).toMatchObject({ line: 8, column: 13 });
});
