/** `next()` while mail comes, of a child from durable code, and inside effects while the engine closes. */
import { createEngine, type Engine, type Store } from '@perdure/runtime';
import { memory } from '@perdure/runtime/memory';
import { sqlite } from '@perdure/runtime/sqlite';
import { testRun } from '@perdure/testing';
import { afterEach, describe, expect, it } from 'vitest';
import { compile } from '../support/compile.ts';
import { SOON } from '../support/soon.ts';

type Main = (...args: any[]) => Promise<any>;

const { asks, both, receives, answers, watches, limits } = compile(
	`import { receive, sleep, start, suspend } from '@perdure/runtime';
	export async function asks() { "use durable"; return await suspend('?'); }
	export async function both() { "use durable"; return await Promise.all([suspend(1), suspend(2)]); }
	export async function receives() { "use durable"; return [await receive('m'), await receive('n')]; }
	export async function child(...questions) { "use durable";
		await sleep(5);
		const out = [];
		for (const question of questions) out.push(await suspend(question));
		if (out.length === 0) throw new RangeError('nothing to ask');
		return out;
	}
	export async function answers() { "use durable";
		const one = await start(child, ['a', 'b']);
		const asked = [];
		for (;;) {
			const outcome = await one.next();
			asked.push(outcome);
			if (outcome.status !== 'suspended') return asked.map(({ status, value }) => [status, value]);
			await one.resume(outcome.value + '!', { suspension: outcome.id });
		}
	}
	export async function watches(...how) { "use durable";
		const one = await start(child, how);
		if (how.length > 0) await one.cancel('enough');
		const outcome = await one.next();
		return [outcome.status, outcome.error?.message ?? outcome.reason, 'log' in outcome];
	}
	export async function limits() { "use durable";
		const one = await start(child, ['a']);
		await one.next();
		const silent = await start(silence, []);
		try { await silent.next({ timeout: 5 }); } catch (error) { return [error.name, error.what.replace(silent.id, 'it')]; }
	}
	export async function silence() { "use durable"; await sleep('1 day'); }`,
).exports as Record<string, Main>;

const engines: Engine[] = [];
const opened = (store: Store, worker = true) => {
	const engine = createEngine({ store, worker });
	engines.push(engine);
	return engine;
};
afterEach(() => Promise.all(engines.splice(0).map((engine) => engine.close({ grace: 0 }))));

describe.each([
	['memory', () => memory()],
	['sqlite', () => sqlite(':memory:')],
])('on %s', (_, make) => {
	/** The run stands where it does, and nobody drives it any more. */
	async function parked(main: Main) {
		const store = make();
		const worker = opened(store);
		await (await worker.start(main, [], { id: 'r' })).next();
		await worker.close();
		return opened(store, false).get('r');
	}

	it('shows a suspension though mail is there that nobody has seen', async () => {
		const handle = await parked(asks!);
		for (let n = 0; n < 3; n++) await handle.send('m', n);
		expect(await handle.next(SOON)).toMatchObject({ status: 'suspended', value: '?' });
		expect((await handle.outcomes(SOON).next()).value).toMatchObject({ status: 'suspended' });
	});

	it('shows none that is answered, nor any of a run that is cancelled', async () => {
		const handle = await parked(both!);
		const first = (await handle.next()) as { id: string };
		await handle.send('m');
		await handle.resume('one', { suspension: first.id });
		const second = await handle.next(SOON);
		expect(second).toMatchObject({ status: 'suspended', value: 2 });
		await handle.resume('two', { suspension: (second as { id: string }).id });
		await expect(handle.next({ timeout: 30 })).rejects.toMatchObject({ name: 'TimeoutError' });
		const other = await parked(asks!);
		await other.send('m');
		await other.cancel();
		await expect(other.next({ timeout: 30 })).rejects.toMatchObject({ name: 'TimeoutError' });
	});

	it('shows a wait for a message unless that is on its way', async () => {
		const handle = await parked(receives!);
		await handle.send('n');
		expect(await handle.next(SOON)).toMatchObject({ status: 'suspended', value: undefined });
		await handle.send('m');
		await expect(handle.next({ timeout: 30 })).rejects.toMatchObject({ name: 'TimeoutError' });
	});

	it('of a child: what it asks, then how it ends', async () => {
		const engine = opened(make());
		const outcome = [
			['suspended', 'a'],
			['suspended', 'b'],
			['completed', ['a!', 'b!']],
		];
		expect(await (await engine.start(answers!, [])).result(SOON)).toEqual(outcome);
		expect(await (await engine.start(watches!, [])).result(SOON)).toEqual(['failed', 'nothing to ask', false]);
		expect(await (await engine.start(watches!, ['a'])).result(SOON)).toEqual(['cancelled', 'enough', false]);
		expect(await (await engine.start(limits!, [])).result(SOON)).toEqual([
			'TimeoutError',
			"the next suspension of run 'it'",
		]);
	});

	it('an effect that waits for another run as the engine closes has no outcome by that', async () => {
		const store = make();
		const first = opened(store);
		let engine = first;
		let attempts = 0;
		const waits = async () => {
			attempts++;
			return engine.get('other').result();
		};
		const { main } = compile(
			`import { waits } from 'world'; export async function main() { "use durable"; return await waits(); }`,
			{ world: { waits } },
		).exports as Record<string, Main>;
		await first.start(asks!, [], { id: 'other' });
		await first.start(main!, [], { id: 'r' });
		await expect.poll(() => attempts).toBe(1);
		const outside = first.get('r').result();
		const closing = first.close({ grace: 50 });
		await expect(outside).rejects.toMatchObject({ name: 'EngineClosedError' });
		await closing;
		engine = opened(store);
		await engine.get('other').resume('yes');
		expect(await engine.get('r').result(SOON)).toBe('yes');
		expect(attempts).toBe(2);
	});

	it('an effect that is waited for as the engine closes may still use it', async () => {
		const store = make();
		const engine = opened(store);
		let begun = false;
		let go = () => {};
		const uses = async () => {
			begun = true;
			await new Promise<void>((resolve) => (go = resolve));
			await engine.start(asks!, [], { id: 'late' });
			return engine.get('late').status();
		};
		const { main } = compile(
			`import { uses } from 'world'; export async function main() { "use durable"; return await uses(); }`,
			{ world: { uses } },
		).exports as Record<string, Main>;
		await engine.start(main!, [], { id: 'r' });
		await expect.poll(() => begun).toBe(true);
		const closing = engine.close();
		go();
		await closing;
		expect(await opened(store, false).get('r').result(SOON)).toBe('pending');
	});
});

describe('what is answered too early', () => {
	it('says how to wait for the question', async () => {
		const engine = opened(memory(), false);
		const handle = await engine.start(asks!, []);
		await expect(handle.resume('yes')).rejects.toMatchObject({
			name: 'NotSuspendedError',
			help: expect.stringMatching(/^wait until it asks.*next\(\).*child run/),
		});
		await handle.cancel();
		const worker = opened(memory());
		const over = await worker.start(asks!, []);
		await over.cancel();
		await over.settled();
		await expect(over.resume('yes')).rejects.toMatchObject({ help: expect.not.stringMatching(/next/) });
	});
});

describe('a child', () => {
	it('in a test: asks in virtual time', async () => {
		const outcome = [
			['suspended', 'a'],
			['suspended', 'b'],
			['completed', ['a!', 'b!']],
		];
		expect((await testRun(answers!, []).advance('1 minute')) as object).toMatchObject({
			status: 'completed',
			value: outcome,
		});
		for (const [how, ended] of [
			[[], ['failed', 'nothing to ask', false]],
			[['a'], ['cancelled', 'enough', false]],
		]) {
			expect(await testRun(watches!, how as []).advance('1 minute')).toMatchObject({ value: ended });
		}
		expect(await testRun(limits!, []).advance('1 minute')).toMatchObject({
			value: ['TimeoutError', "the next suspension of run 'it'"],
		});
	});
});
