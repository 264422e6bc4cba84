/** An error shows the chain of durable calls it went through, each at its await in the user's file. */
import { Continuation, createEngine, type Outcome, run } from '@perdure/runtime';
import { memory } from '@perdure/runtime/memory';
import { describe, expect, it } from 'vitest';
import { compile } from '../../support/compile.ts';

const SOURCE = `
import { charge, check } from '#world';
import { serializable, suspend } from '@perdure/runtime';

async function pay(id) {
	'use durable';
	const receipt = await charge(id);
	return receipt;
}
async function order(id) {
	'use durable';
	const paid = await pay(id);
	return paid;
}
export async function checkout(id) {
	'use durable';
	const done = await order(id);
	return done;
}
export async function rethrown(id) {
	'use durable';
	try {
		const done = await order(id);
		return done;
	} catch (error) {
		await suspend();
		throw error;
	} finally {
		await null;
	}
}
export async function together(ids) {
	'use durable';
	const all = await Promise.all(ids.map(async (id) => {
		const paid = await pay(id);
		return paid;
	}));
	return all;
}
async function checked(n) {
	'use durable';
	await null;
	const ok = check(n);
	return ok;
}
export async function own(n) {
	'use durable';
	const ok = await checked(n);
	return ok;
}
export async function seen(id) {
	'use durable';
	try {
		const receipt = await charge(id);
		return receipt;
	} catch (error) {
		return error.stack;
	}
}
async function deep(n) {
	'use durable';
	if (n === 0) throw new Error('deep');
	const value = await deep(n - 1);
	return value;
}
export async function recursive() {
	'use durable';
	const value = await deep(1000);
	return value;
}
export class Declined extends RangeError {
	constructor(message, options) { super(message, options); this.limit = 5; }
}
serializable(Declined);
export async function identity(how) {
	'use durable';
	try {
		await charge(how);
	} catch (error) {
		const said = await suspend();
		const { cause, errors } = error;
		return [error instanceof Declined, error instanceof RangeError, error instanceof Error, error.limit, cause instanceof TypeError, errors?.[0] instanceof SyntaxError, error.constructor.name, said];
	}
}
`;

const world = {
	charge: async (id: unknown): Promise<unknown> => {
		await new Promise((resolve) => setTimeout(resolve, 1));
		if (id === 'declined') throw new exports['Declined']('declined', { cause: new TypeError('the cause') });
		if (id === 'several') throw new AggregateError([new SyntaxError('first')], 'several');
		throw new RangeError(`no ${String(id)}`);
	},
	check: (n: number) => {
		throw new TypeError(`bad ${n}`);
	},
};
const { exports } = compile(SOURCE, { '#world': world }, { filename: '/shop/src/shop.ts' }) as {
	exports: Record<string, any>;
};

const line = (text: string) => SOURCE.split('\n').findIndex((found) => found.includes(text)) + 1;

/** Lines of the stack behind the message, without columns. */
function linesOf(stack: unknown): string[] {
	return String(stack)
		.split('\n')
		.filter((text) => /^\s+at /.test(text))
		.map((text) => text.trim().replace(/:\d+(\)?)$/, '$1'));
}

function asyncLines(stack: unknown): string[] {
	return linesOf(stack).filter((text) => text.startsWith('at async ') && !text.includes('node_modules'));
}

const at = (name: string, text: string) => `at async ${name} (shop.ts:${line(text)})`;
const CHAIN = [
	at('pay', 'await charge(id)'),
	at('order', 'const paid = await pay'),
	at('checkout', 'const done = await order'),
];

async function failed(outcome: Promise<Outcome<unknown>>): Promise<Error> {
	const found = await outcome;
	if (found.status !== 'failed') throw new Error(found.status);
	return found.error as Error;
}

const file = (lines: string[]) => lines.map((text) => text.replace(/\((.*\/)?shop\.ts/, '(shop.ts'));
const chain = (stack: unknown) =>
	file(asyncLines(stack)).filter((text) => text.includes('(shop.ts') || text.includes('Promise.'));

describe('in a run', () => {
	it('an effect that fails shows who awaits it', async () => {
		const error = await failed(run(exports['checkout'], [1]));
		expect(chain(error.stack)).toEqual(CHAIN);
	});

	it('no line of the runtime is among them', async () => {
		for (const name of ['checkout', 'own', 'recursive']) {
			const { stack } = await failed(run(exports[name], [1]));
			expect(stack).not.toMatch(/packages\/runtime|node:internal|\$step/);
		}
	});

	it('an error that durable code throws shows its place, and then the chain', async () => {
		const { stack } = await failed(run(exports['own'], [1]));
		const lines = file(linesOf(stack));
		expect(lines[0]).toMatch(/^at (Object\.)?check /);
		expect(lines[1]).toMatch(/^at checked /);
		expect(lines.slice(2)).toEqual([at('own', 'await checked(n)')]);
	});

	it('one that is caught at its await shows the await', async () => {
		const outcome = (await run(exports['seen'], [1])) as { value: unknown };
		expect(chain(outcome.value)).toEqual([`at async seen (shop.ts:${line('export async function seen') + 3})`]);
	});

	it('whoever awaits the fiber comes after its frames', async () => {
		const { stack } = await failed(run(exports['together'], [[1, 2]]));
		const lines = file(asyncLines(stack));
		expect(lines[0]).toBe(CHAIN[0]);
		expect(lines[2]).toMatch(/^at async Promise\.all \(index/);
		expect(lines[3]).toBe(at('together', 'const all = await'));
	});

	it('a chain is never longer than a person reads', async () => {
		const { stack } = await failed(run(exports['recursive'], []));
		expect(linesOf(stack).length).toBeLessThan(130);
	});

	it('thrown again, after a restore too, the chain is there once', async () => {
		const outcome = await run(exports['rethrown'], [1]);
		if (outcome.status !== 'suspended') throw new Error(outcome.status);
		const restored = Continuation.fromBytes(outcome.continuation.toBytes());
		const error = await failed(restored.resume());
		expect(chain(error.stack)).toEqual([
			...CHAIN.slice(0, 2),
			`at async rethrown (shop.ts:${line('export async function rethrown') + 3})`,
		]);
	});

	it('a restored run shows the same chain', async () => {
		let bytes: Uint8Array | undefined;
		await run(exports['checkout'], [1], {
			onCheckpoint(c) {
				bytes ??= c.toBytes();
			},
		});
		const error = await failed(Continuation.fromBytes(bytes!).continue());
		expect(chain(error.stack)).toEqual(CHAIN);
	});

	it('an engine shows it too', async () => {
		const engine = createEngine({ store: memory() });
		const handle = await engine.start(exports['checkout'], [1]);
		const error = await handle.result().catch((thrown: Error) => thrown);
		expect(chain((error as Error).stack)).toEqual(CHAIN);
		await engine.close();
	});
});

describe('outside a run', () => {
	it('the awaits have the names of the calls, and the callers follow', async () => {
		async function caller() {
			return await exports['checkout'](1);
		}
		const { stack } = await caller().catch((error: Error) => error);
		expect(chain(stack)).toEqual(CHAIN);
		expect(stack).toMatch(/at (async )?caller /);
		expect(stack).not.toMatch(/packages\/runtime|\$step/);
	});

	it('what was thrown again is named once', async () => {
		const { stack } = await exports['own'](1).catch((error: Error) => error);
		expect(chain(stack)).toEqual([at('own', 'await checked(n)')]);
	});
});

describe('errors keep their identity over a restore', () => {
	const declined = [true, true, true, 5, true, false, 'Declined', 'hello'];
	const several = [false, false, true, undefined, false, true, 'AggregateError', 'hello'];

	it.each([
		['declined', declined],
		['several', several],
	])('%s, without a store', async (how, expected) => {
		const outcome = await run(exports['identity'], [how]);
		if (outcome.status !== 'suspended') throw new Error(outcome.status);
		expect(await Continuation.fromBytes(outcome.continuation.toBytes()).resume('hello')).toMatchObject({
			value: expected,
		});
	});

	it.each([
		['declined', declined],
		['several', several],
	])('%s, in another engine', async (how, expected) => {
		const store = memory();
		const first = createEngine({ store });
		const { id } = await first.start(exports['identity'], [how]);
		await first.get(id).next();
		await first.close();
		const second = createEngine({ store });
		await second.get(id).resume('hello');
		expect(await second.get(id).result()).toEqual(expected);
		await second.close();
	});
});
