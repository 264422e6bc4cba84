/** What a handle refuses, and what the refusal names: runs of other functions, of nobody, and the run itself. */
import { createEngine, type Engine, functionRef } from '@perdure/runtime';
import { memory } from '@perdure/runtime/memory';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { compile } from '../support/compile.ts';
import { SOON } from '../support/soon.ts';
import { HANDLE_METHODS } from './handle-methods.ts';

type Main = (...args: any[]) => Promise<any>;

const { asks, other, parent, self, sent } = compile(
	`import { currentRun, receive, start, suspend } from '@perdure/runtime';
	export async function asks() { "use durable"; return await suspend('?'); }
	export async function other() { "use durable"; return 1; }
	export async function child() { "use durable"; return await suspend('?'); }
	export async function parent(id) { "use durable"; return await (await start(child, [], { id })).result(); }
	export async function self() { "use durable"; return await (await start(self, [], { id: currentRun().id })).result(); }
	export async function sent() { "use durable";
		const one = await receive('me');
		try { return await one.result({ timeout: '1 day' }); } catch (error) { return [error.name, error.message, await suspend(error.help)]; }
	}`,
).exports as Record<string, Main>;

let engine: Engine;
beforeEach(() => {
	engine = createEngine({ store: memory() });
});
afterEach(() => engine.close({ grace: 0 }));

describe('a handle that was taken for another function', () => {
	it.each(HANDLE_METHODS)('%s names both, and does nothing', async (method) => {
		await engine.start(asks!, [], { id: 'r' });
		for (const fn of [other!, functionRef('programs#nobody')]) {
			const handle = engine.get(fn as Main, 'r');
			await expect(handle[method]({} as never)).rejects.toMatchObject({
				name: 'WrongFunctionError',
				code: 'PD10021',
				runId: 'r',
				functionId: expect.stringMatching(/#asks$/),
				expected: expect.stringMatching(/#(other|nobody)$/),
				message: expect.stringMatching(/#asks'.*#(other|nobody)'/),
			});
		}
		expect(await engine.get('r').next()).toMatchObject({ status: 'suspended' });
	});

	it('sends nothing, and is told of no outcomes', async () => {
		await engine.start(asks!, [], { id: 'r' });
		const handle = engine.get(other!, 'r');
		await expect(handle.send('m')).rejects.toMatchObject({ name: 'WrongFunctionError' });
		await expect(handle.outcomes().next()).rejects.toMatchObject({ name: 'WrongFunctionError' });
		expect(await engine.get('r').log()).toMatchObject([{ kind: 'suspend' }]);
	});

	it('the right one, by the function or its name, works as any', async () => {
		await engine.start(asks!, [], { id: 'r' });
		const { functionId } = await engine.get('r').describe();
		await engine.get(asks!, 'r').next();
		await engine.get(functionRef(functionId), 'r').resume('yes');
		expect(await engine.get(asks!, 'r').result()).toBe('yes');
		await expect(engine.get(asks!, 'nobody').status()).rejects.toMatchObject({ name: 'RunNotFoundError' });
	});

	it('what is no function and what is no id is refused at once', () => {
		expect(() => engine.get((async () => {}) as Main, 'r')).toThrow(
			expect.objectContaining({ name: 'NotCompiledError' }),
		);
		for (const id of [undefined, '', 1, null] as never[]) {
			expect(() => engine.get(id)).toThrow(TypeError);
			if (id !== undefined) expect(() => engine.get(asks!, id)).toThrow(TypeError);
		}
		expect(() => engine.get(asks as never)).toThrow(TypeError);
	});
});

describe('a run that was cancelled', () => {
	it('is named in the error of who waits for its result', async () => {
		const run = await engine.start(parent!, ['kid'], { id: 'p' });
		await engine.get('p').describe();
		await expect
			.poll(() =>
				engine
					.get('kid')
					.status()
					.catch(() => null),
			)
			.toBe('waiting');
		await engine.get('kid').cancel('by hand');
		const named = {
			name: 'CancelledError',
			runId: 'kid',
			reason: 'by hand',
			message: "run 'kid' was cancelled: by hand.",
			help: expect.stringMatching(/no result/),
		};
		await expect(run.result()).rejects.toMatchObject(named);
		expect(await run.settled()).toMatchObject({ status: 'failed', error: named });
		await expect(engine.get('kid').result()).rejects.toMatchObject(named);
	});
});

describe('a run that waits for its own end', () => {
	it('is refused where it started itself', async () => {
		const run = await engine.start(self!, [], { id: 'loop' });
		await expect(run.result(SOON)).rejects.toMatchObject({
			name: 'DeadlockError',
			runId: 'loop',
			message: expect.stringMatching(/^run 'loop' waits for its own end \(.+:6:\d+\)\.$/),
		});
	});

	it('is refused where somebody sent it its own handle, though there is a limit; it goes on', async () => {
		const run = await engine.start(sent!, [], { id: 'loop' });
		const giver = compile(
			`import { start } from '@perdure/runtime'; import { sent } from 'world';
			export async function giver() { "use durable"; const one = await start(sent, [], { id: 'loop' }); await one.send('me', one); }`,
			{ world: { sent } },
		).exports['giver'] as Main;
		await (await engine.start(giver, [])).result();
		expect(await run.next(SOON)).toMatchObject({ value: expect.stringMatching(/another run/) });
		await run.resume('on');
		const [name, message, answer] = await run.result();
		expect([name, answer]).toEqual(['DeadlockError', 'on']);
		expect(message).toMatch(/'loop' waits for its own end/);
	});

	it.each(['result', 'settled'] as const)('is refused inside an effect of it: %s', async (method) => {
		const ask = () => engine.get('loop')[method]({ timeout: 5000 });
		const main = compile(
			`import { ask } from 'world';
			export async function main() { "use durable"; return await ask(); }`,
			{ world: { ask } },
		).exports['main'] as Main;
		const run = await engine.start(main, [], { id: 'loop' });
		await expect(run.result(SOON)).rejects.toMatchObject({ name: 'DeadlockError', runId: 'loop' });
	});
});
