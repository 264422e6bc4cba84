/** What is thrown in durable code, and where it goes. */
import { expect, test } from 'vitest';
import { simulate } from './simulation.ts';

test('a synchronous throw of an intrinsic is caught at its await', () => {
	const run = simulate(`
		export async function main() { "use durable";
			try { await JSON.parse('{'); } catch (e) { return [e.name, 'caught']; }
		}`);
	expect(run.last.outcome).toEqual(['SyntaxError', 'caught']);
});

test('what is no function throws a TypeError that names it, at the call', () => {
	const run = simulate(
		`
		import { api } from 'world';
		export async function main() { "use durable";
			const seen = [];
			for (const call of [() => 0, 1]) {
				try { if (call === 1) await api.nothing(1); else await api.also.nothing(); }
				catch (e) { seen.push(e.name + ': ' + e.message); }
			}
			return seen;
		}`,
		{ world: { api: {} } },
	);
	expect(run.last.outcome).toEqual([
		"TypeError: Cannot read properties of undefined (reading 'nothing')",
		'TypeError: api.nothing is not a function',
	]);
});

test('a rejection of an effect is thrown at its await, as a copy with class, cause and properties', () => {
	const run = simulate(
		`
		import { pay, log } from 'world';
		export async function main() { "use durable";
			try { await pay(); } catch (e) { await log(); return e; }
		}`,
		{ world: { pay() {}, log() {} } },
	);
	const error = Object.assign(new RangeError('declined', { cause: new Error('card') }), { code: 'E1' });
	run.fail('pay', error);
	error.message = 'changed later';
	run.restore();
	run.settle('log');
	const caught = run.last.outcome as typeof error;
	expect(caught).toBeInstanceOf(RangeError);
	expect(caught).toMatchObject({ message: 'declined', code: 'E1', cause: { message: 'card' } });
});

test.each([undefined, null, 'text', 0, { plain: true }])('anything can be thrown: %s', (value) => {
	const run = simulate(
		`
		import { pay, log } from 'world';
		export async function main() { "use durable";
			try { await pay(); } catch (e) { await log(); return [e]; }
		}`,
		{ world: { pay() {}, log() {} } },
	);
	run.fail('pay', value);
	run.restore();
	expect(run.settle('log').outcome).toEqual([value]);
});

test('uncaught, it fails the run with that very error, and nothing more is asked for', () => {
	const run = simulate(
		`
		import { pay } from 'world';
		export async function main() { "use durable"; await pay(); await pay(); }`,
		{ world: { pay() {} } },
	);
	run.fail('pay', new Error('no'));
	expect(run.last).toMatchObject({ status: 'failed', outcome: { message: 'no' }, dispatch: [], wakeAt: null });
	expect(run.pending).toEqual([]);
});

test('it passes frames outwards, through each finally, to the first catch', () => {
	const order: string[] = [];
	const run = simulate(
		`
		import { pay, note, clean } from 'world';
		async function inner() { "use durable"; try { await pay(); } finally { await clean('inner'); note('inner'); } }
		async function middle() { "use durable"; try { return await inner(); } finally { note('middle'); } }
		export async function main() { "use durable";
			try { await middle(); note('never'); } catch (e) { note('caught ' + e.message); }
			return 'on';
		}`,
		{ world: { pay() {}, clean() {}, note: (s: string) => order.push(s) } },
	);
	run.fail('pay', new Error('x'));
	run.restore();
	run.settle('clean');
	expect(order).toEqual(['inner', 'middle', 'caught x']);
	expect(run.last.outcome).toBe('on');
});

test('a finally that throws or returns replaces it', () => {
	const world = { pay() {} };
	const throwing = simulate(
		`
		import { pay } from 'world';
		export async function main() { "use durable"; try { await pay(); } finally { throw new Error('mine'); } }`,
		{ world },
	);
	expect(throwing.fail('pay', new Error('x')).outcome).toMatchObject({ message: 'mine' });
	const returning = simulate(
		`
		import { pay } from 'world';
		export async function main() { "use durable"; try { await pay(); } finally { return 'instead'; } }`,
		{ world },
	);
	expect(returning.fail('pay', new Error('x'))).toMatchObject({ status: 'completed', outcome: 'instead' });
});

test('an argument that cannot be saved throws at the call, naming argument, effect and place', () => {
	const run = simulate(
		`
		import { pay } from 'world';
		export async function main(x) { "use durable";
			const live = new WeakMap();
			try { await pay(1, { deep: [live] }); } catch (e) { return [e.code, e.path, e.point]; }
		}`,
		{ world: { pay() {} } },
	);
	expect(run.last.outcome).toEqual(['PD3002', 'arguments[1].deep[0]', 'subject.ts:5:10']);
	expect(run.pending).toEqual([]);
});

test('so does a value that suspend cannot hand out', () => {
	const run = simulate(`
		import { suspend } from '@perdure/runtime';
		export async function main() { "use durable";
			try { await suspend({ q: () => 0, w: new WeakMap() }); } catch (e) { return [e.path, e.point]; }
		}`);
	expect(run.last.outcome).toEqual(['arguments[0].w', 'subject.ts:4:10']);
});

test('an error in a parameter default is the rejection of the call', () => {
	const run = simulate(`
		async function inner(x = boom()) { "use durable"; return x; }
		function boom() { throw new Error('default'); }
		export async function main() { "use durable"; try { await inner(); } catch (e) { return e.message; } }`);
	expect(run.last.outcome).toBe('default');
});
