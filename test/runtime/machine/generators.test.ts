/** Generators in the turns of a run: cancelled, left over when the root ends, handed to effects. */
import { expect, test } from 'vitest';
import { NotSerializableError } from '../../../packages/runtime/src/errors/saving.ts';
import { durable as durableDefinition } from '../../../packages/runtime/src/registry/functions.ts';
import { compile } from '../../support/compile.ts';
import { simulate } from './simulation.ts';

function durable(body: string, world: Record<string, unknown> = {}) {
	const notes: unknown[] = [];
	const run = simulate(
		`import { sleep, suspend } from '@perdure/runtime'; import { a, b, c, note, ${Object.keys(world).join(', ')} } from 'world';
		async function* items(name) {
			"use durable";
			try { for (let i = 0; ; i++) { await a(i); yield i; } }
			finally { note(name + ' finally'); await b(name); note(name + ' closed'); }
		}
		function* numbers() { "use durable"; try { for (let i = 0; ; i++) yield i; } finally { note('numbers closed'); } }
		export async function main() { "use durable"; ${body} }`,
		{ world: { a() {}, b() {}, c() {}, note: (x: unknown) => void notes.push(x), ...world } },
	);
	return Object.assign(run, { notes });
}

test.each([true, false])(
	'a generator under way runs its finally when the run is cancelled (restored: %s)',
	(restored) => {
		const run = durable(
			"const it = items('x'); const waiting = it.next(); try { await it.next(); } finally { note('main'); await c(); }",
		);
		expect(run.pending).toEqual(['effect a']);
		run.cancel('r');
		run.fail('a', new Error('aborted'));
		expect(run.notes).toEqual(['main', 'x finally']);
		if (restored) run.restore();
		expect(run.pending.toSorted()).toEqual(['effect b', 'effect c']);
		run.settle('c');
		if (restored) run.restore();
		run.settle('b');
		expect(run.notes).toEqual(['main', 'x finally', 'x closed']);
		expect(run.last).toMatchObject({ status: 'cancelled', outcome: 'r' });
	},
);

test.each([true, false])('a suspended generator is closed by the loop that is cancelled (restored: %s)', (restored) => {
	const run = durable("for await (const x of items('x')) await suspend();");
	run.settle('a');
	if (restored) run.restore();
	run.cancel('r');
	expect(run.notes).toEqual(['x finally']);
	if (restored) run.restore();
	run.settle('b');
	expect(run.notes).toEqual(['x finally', 'x closed']);
	expect(run.last).toMatchObject({ status: 'cancelled' });
});

test('a suspended generator that nobody resumes is dropped', () => {
	const run = durable(
		"const it = items('x'); await it.next(); const other = numbers(); other.next(); await suspend(); return [it, other];",
	);
	run.settle('a');
	run.cancel('r');
	expect(run.notes).toEqual([]);
	expect(run.last).toMatchObject({ status: 'cancelled' });
});

test('a generator under way when the root ends is cleaned up', () => {
	const run = durable("const it = items('x'); it.next(); return 'done';");
	run.fail('a', new Error('aborted'));
	run.restore();
	run.settle('b');
	expect(run.notes).toEqual(['x finally', 'x closed']);
	expect(run.last).toMatchObject({ status: 'completed', outcome: 'done' });
});

test('a request that nobody waits for and that fails, fails the run', () => {
	const run = durable("const it = items('x'); it.next(); await suspend();");
	run.fail('a', new Error('unheard'));
	run.settle('b');
	expect(run.last).toMatchObject({ status: 'failed', outcome: { message: 'unheard' } });
});

test.each([true, false])(
	'an effect takes items from a generator of the run, which goes on from there (restored: %s)',
	async (restored) => {
		const run = durable('const it = numbers(); it.next(); await take(it); await suspend(); return it.next().value;', {
			take: (it: Iterator<unknown>) => void [it.next(), it.next()],
		});
		if (restored) run.restore();
		await run.perform('take');
		if (restored) run.restore();
		run.answer();
		expect(run.last).toMatchObject({ status: 'completed', outcome: 3 });
	},
);

test.each([true, false])(
	'an effect reads an async generator of the run as a plain one (restored: %s)',
	async (restored) => {
		const run = durable(
			"const it = items('x'); const all = await take(it); await suspend(); all.push(await it.next()); return all;",
			{
				async take(it: AsyncGenerator<unknown>) {
					return [await it.next(), await it.next()];
				},
			},
		);
		if (restored) run.restore();
		await run.perform('take');
		if (restored) run.restore();
		run.answer();
		if (restored) run.restore();
		run.settle('a');
		expect(run.last.status).toBe('completed');
		expect(run.last.outcome).toEqual([0, 1, 2].map((value) => ({ value, done: false })));
	},
);

test('a run cannot be saved while an effect has got its async generator to work', () => {
	const run = durable(
		'const it = (async function* () { await hang(); yield 1; })(); const all = (async () => take(it))(); await suspend(); return [it, await all];',
		{ hang: () => new Promise(() => {}), take: (it: AsyncGenerator<unknown>) => void it.next() },
	);
	void run.outstanding[0]!.invoke();
	expect(() => run.machine.save()).toThrow(NotSerializableError);
});

test('a durable generator function is no run by itself', () => {
	const { exports } = compile('export function* numbers() { "use durable"; yield 1; }', {});
	expect(() => durableDefinition(exports['numbers'])).toThrow(/generator function/);
});

test('a hundred thousand items cost their jobs, and no stack', () => {
	const run = durable(`
		const it = (async function* () { for (let i = 0; i < 100_000; i++) yield i; })();
		let sum = 0;
		for await (const x of it) sum += x;
		return sum;`);
	expect(run.last).toMatchObject({ status: 'completed', outcome: 4_999_950_000 });
});
