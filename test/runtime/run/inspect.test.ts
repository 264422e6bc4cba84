/** inspect() and schemaId: where a run stands, and the code that it depends on. */
import { Continuation, run } from '@perdure/runtime';
import { expect, test } from 'vitest';
import { loadMain } from './program.ts';

async function parked(source: string, args: unknown[] = [], world: object = {}) {
	const outcome = await run(loadMain(source, world), args, { id: 'r' });
	if (outcome.status !== 'suspended')
		throw new Error(`${outcome.status} ${String((outcome as { error?: unknown }).error)}`);
	return outcome.continuation;
}

const NESTED = `
import { suspend } from '@perdure/runtime';
async function ask(question) { "use durable";
	const asked = { question };
	const answer = await suspend(question);
	return [asked, answer];
}
export async function main(order) {
	"use durable";
	let n = 0;
	for (const item of order.items) {
		const label = item + '!';
		const got = await ask(label);
		n += got.length;
	}
	return n;
}`;

test('fibers, frames innermost first, file:line:column, locals by the names the user gave', async () => {
	const c = await parked(NESTED, [{ items: ['a', 'b'] }]);
	for (const each of [c, Continuation.fromBytes(c.toBytes())]) {
		const { fibers, pending, ...run } = each.inspect();
		expect(run).toEqual({ runId: 'r', functionId: 'perdure/subject#main', status: 'waiting' });
		expect(fibers).toHaveLength(1);
		const [inner, outer] = fibers[0]!.frames;
		expect(inner).toEqual({
			functionId: 'perdure/subject#ask',
			name: 'ask',
			file: 'subject.ts',
			line: 5,
			column: 17,
			locals: { asked: { question: 'a!' } },
		});
		expect(outer).toMatchObject({ name: 'main', line: 13, column: 15, locals: { n: 0 } });
		expect(outer!.locals).not.toHaveProperty('label');
		expect(pending).toMatchObject([{ kind: 'suspend', name: 'suspend', at: 'subject.ts:5:17', until: null }]);
	}
});

test('locals are copies; captured variables are shown as they are now', async () => {
	const c = await parked(`
		import { suspend } from '@perdure/runtime';
		export async function main() { "use durable";
			let n = 1; const up = () => ++n; up();
			const __proto__ = { own: true };
			await suspend();
			return [up(), n, __proto__];
		}`);
	const { locals } = c.inspect().fibers[0]!.frames[0]!;
	expect(locals['n']).toBe(2);
	expect(Object.keys(locals)).toContain('__proto__');
	expect(Object.getPrototypeOf(locals)).toBe(Object.prototype);
});

test('schemaId: the same over bytes, over values, and for the same source compiled again', async () => {
	const c = await parked(NESTED, [{ items: ['a'] }]);
	const id = c.schemaId;
	expect(id).toMatch(/^[a-z2-7]{26}$/);
	expect(Continuation.fromBytes(c.toBytes()).schemaId).toBe(id);
	expect(c.fork({ id: 'other' }).schemaId).toBe(id);
	expect((await parked(NESTED, [{ items: ['other', 'values'] }])).schemaId).toBe(id);
});

test('schemaId: comments, formatting, types and lines elsewhere change nothing', async () => {
	const id = (await parked(NESTED, [{ items: ['a'] }])).schemaId;
	const formatted = NESTED.replace('let n = 0;', '// a comment\n\n\tlet n: number = 0 as number;').replace(
		'export',
		'const unused = 1;\nexport',
	);
	expect((await parked(formatted, [{ items: ['a'] }])).schemaId).toBe(id);
});

test('schemaId: points, slots, functions, and what closures capture do change it', async () => {
	const id = (await parked(NESTED, [{ items: ['a'] }])).schemaId;
	const ids = [id];
	for (const [from, to] of [
		['await suspend(question)', 'await suspend(asked)'],
		['asked', 'renamed'],
		['ask(', 'query('],
		['let n = 0;', 'let n = 0; const held = () => n;'],
	] as const) {
		const source = NESTED.replaceAll(from, to).replace(
			'return n;',
			to.includes('held') ? 'return held();' : 'return n;',
		);
		ids.push((await parked(source, [{ items: ['a'] }])).schemaId);
	}
	expect(new Set(ids).size).toBe(ids.length);
});

test('schemaId: a closure that a value holds deep inside counts', async () => {
	const source = (fn: string) => `
		import { suspend } from '@perdure/runtime';
		export async function main(a) { "use durable";
			const b = 1; const deep = { list: [new Map([['f', ${fn}]])] };
			await suspend();
			return deep.list[0].get('f')();
		}`;
	const ids = await Promise.all(
		['() => a', '() => b + 0', '() => a + b'].map(async (fn) => (await parked(source(fn), [1])).schemaId),
	);
	expect(new Set(ids).size).toBe(3);
});

test('schemaId: the class of an object that a value holds deep inside counts, with its private fields', async () => {
	const source = (members: string, name = 'K') => `
		import { suspend } from '@perdure/runtime';
		export async function main(a) { "use durable";
			const b = 1; class ${name} { ${members} } const deep = [new Map([['k', new ${name}()]])];
			await suspend();
			return deep.length;
		}`;
	const ids = await Promise.all(
		[
			source('m() { return a; }'),
			source('m() { return a + 1; }'),
			source('m() { return a + b; }'),
			source('#p = 1; m() { return a; }'),
			source('m() { return a; }', 'L'),
		].map(async (text) => (await parked(text, [1])).schemaId),
	);
	expect(ids[1]).toBe(ids[0]);
	expect(new Set(ids).size).toBe(4);
});
