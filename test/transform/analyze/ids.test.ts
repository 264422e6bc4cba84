import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type FunctionSchema, transform } from '@perdure/transform';
import { afterAll, describe, expect, it } from 'vitest';

/** The schema of a body, positions aside. */
function schema(body: string, parameters = 'u', filename = 'subject.ts'): FunctionSchema {
	const source = `export async function subject(${parameters}) { "use durable";\n${body}\n}`;
	const { functions, diagnostics } = transform(source, { filename });
	expect(diagnostics).toEqual([]);
	return JSON.parse(
		JSON.stringify(functions[0], (key, value) => (key === 'line' || key === 'column' ? undefined : value)),
	);
}

const points = (body: string) => schema(body).points;
const ids = (body: string) => points(body).map(({ id }) => id);

describe('ids', () => {
	const body = 'const a = await one(u); if (a) { await two(a) } return a';

	it.each([
		['lines', body.replaceAll(';', ';\n\n')],
		['comments', body.replaceAll(';', '; /* c */')],
		['formatting and quotes', 'const a = (await one(u));if(a){await two(a);;}return(a)'],
		['types', 'const a: A = await one<B>(u as C) as D; if (a!) { await two(a) } return a satisfies A'],
	])('do not change with %s', (_, other) => {
		expect(schema(other)).toEqual(schema(body));
	});

	it('of points do not change with other points', () => {
		const [one, two] = ids(body);
		const more = ids(`await zero(); ${body.replace('return', 'await three(); return')}`);
		expect(more.slice(1, 3)).toEqual([one, two]);
	});

	it('of points change with what is awaited', () => {
		expect(ids('await one(u)')).not.toEqual(ids('await one(u, u)'));
	});

	it('of points change with the kind of what encloses them, and not with its header', () => {
		const inner = 'await one()';
		const places = [
			`${inner}`,
			`if (u) { ${inner} }`,
			`if (u) {} else { ${inner} }`,
			`for (;u;) { ${inner} }`,
			`while (u) { ${inner} }`,
			`for (const k of u) { ${inner} }`,
			`try { ${inner} } catch {}`,
			`try { f() } catch { ${inner} }`,
			`try { f() } finally { ${inner} }`,
			`switch (u) { case 1: ${inner} }`,
			`u ? ${inner} : 0`,
			`u ? 0 : ${inner}`,
		];
		const all = places.map((place) => ids(place)[0]);
		expect(new Set(all).size).toBe(places.length);
		expect(ids(`if (u > 1) { ${inner} }`)).toEqual(ids(`if (u) { ${inner} }`));
	});

	it('of code change with all but comments, formatting and types', () => {
		expect(schema(body).hash).toBe(schema(`// c\n${body}`).hash);
		expect(schema(body).hash).not.toBe(schema(`f();${body}`).hash);
		expect(schema(body).hash).not.toBe(schema(body, 'u = 1').hash);
	});
});

describe('slots', () => {
	it('are named by the scopes around the variable', () => {
		const [point] = points('let x = u; for (const k of [1]) { let x = k; { let x = 3; await one(); f(x) } f(x) } f(x)');
		expect(point!.slots.filter((name) => name.endsWith('x')).sort()).toEqual(
			[...new Set(point!.slots.filter((name) => name.endsWith('x')))].sort(),
		);
		expect(point!.slots.filter((name) => name.endsWith('x'))).toHaveLength(3);
	});

	it('of temporaries are named by role and source, and told apart among those of one point', () => {
		const [point] = points('f(a(), a(), b(), await one())');
		const temporaries = point!.slots;
		expect(temporaries).toHaveLength(3);
		expect(temporaries.filter((name) => /~1\/2$/.test(name))).toHaveLength(1);
		expect(temporaries.filter((name) => /~2\/2$/.test(name))).toHaveLength(1);
		expect(temporaries.filter((name) => /^\w+:[a-z2-7]{26}$/.test(name))).toHaveLength(1);
	});

	it('of operands that are read again are not stored', () => {
		const [point] = points('console.log(await one())');
		expect(point!.slots).toEqual([]);
	});
});

describe('equal points', () => {
	const two = 'await before(); await notify(u); await notify(u); await after()';

	it('say which of how many they are, and between which neighbours', () => {
		const [before, first, second, after] = points(two);
		expect(first!.id).toBe(second!.id);
		expect(before!.equal).toBeUndefined();
		expect(first!.equal).toMatchObject({ nth: 1, of: 2, before: before!.id, after: after!.id });
		expect(second!.equal).toMatchObject({ nth: 2, of: 2, before: before!.id, after: after!.id });
		expect(first!.equal!.between).toBe(second!.equal!.between);
	});

	it('have no neighbour at the ends', () => {
		expect(points('await notify(u); await notify(u)')[0]!.equal).toMatchObject({ before: null, after: null });
	});

	it.each([
		['one is deleted', 'await before(); await notify(u); await after()'],
		['one is added', two.replace('await after', 'await notify(u); await after')],
		['a neighbour changes', two.replace('before()', 'before(1)')],
		['code between the neighbours changes', two.replace('; await notify', '; f(); await notify')],
	])('match no more when %s', (_, other) => {
		const was = points(two)[1];
		const same = points(other).filter(
			({ id, equal }) => id === was!.id && JSON.stringify(equal) === JSON.stringify(was!.equal),
		);
		expect(same).toEqual([]);
	});

	it('still match when code elsewhere, comments and types change', () => {
		const other = `f(); ${two.replace('(u)', '(u as any /* c */)')}; f()`;
		expect(points(other)[1]).toEqual(points(two)[1]);
	});
});

describe('function ids', () => {
	const root = mkdtempSync(join(tmpdir(), 'ids-'));
	afterAll(() => rmSync(root, { recursive: true }));
	const write = (path: string, text: string) => {
		mkdirSync(join(root, path, '..'), { recursive: true });
		writeFileSync(join(root, path), text);
	};

	it('are made of the package, the path in it and the name path', () => {
		write('app/package.json', '{ "name": "shop" }');
		write('app/src/deep/x', '');
		expect(schema('await 1', '', join(root, 'app/src/deep/checkout.test.ts')).id).toBe(
			'shop/src/deep/checkout.test#subject',
		);
		expect(schema('await 1', '', join(root, 'app/index.mjs')).id).toBe('shop/index#subject');
	});

	it('skip a package.json that only says a module format', () => {
		write('esm/package.json', '{ "name": "@scope/esm" }');
		write('esm/dist/package.json', '{ "type": "module" }');
		expect(schema('await 1', '', join(root, 'esm/dist/a.js')).id).toBe('@scope/esm/dist/a#subject');
	});

	it('do without a name, and without a package', () => {
		write('nameless/package.json', '{}');
		expect(schema('await 1', '', join(root, 'nameless/src/a.js')).id).toBe('src/a#subject');
		expect(schema('await 1', '', join(root, 'nowhere/a.js')).id).toBe('a#subject');
	});
});

describe('ids of closures', () => {
	/** What is below the function's id. */
	const closures = (body: string): string[] =>
		schema(body, 'k, u').closures.map(({ id }) => id.slice(id.indexOf('>') + 1));
	const made = (
		value: string,
	) => `const b = { x: ${value}, m() { return k }, n: () => k, deep: { o: () => k, y: ${value} },
		C: class { async go() {} [${value}]() {} }, z: ${value}, last: () => k };
		let d; d = { r: () => k, z: ${value} }; d ??= { s: () => k, z: ${value} };
		const { t = { i: () => k, z: ${value} } } = d; return [b, t]`;

	it('are the paths of names, whether or not something beside them awaits', () => {
		const paths = ['b.m', 'b.n', 'b.deep.o', 'b.C', 'b.last', 'd.r', 'd.s', 't.i'];
		expect(closures(made('u'))).toEqual(expect.arrayContaining(paths));
		expect(new Set(closures(made('await u')))).toEqual(new Set(closures(made('u'))));
	});
});
