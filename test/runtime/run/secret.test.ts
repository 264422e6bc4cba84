/** What is marked by `secret` is nowhere to be seen: in logs, inspections, outcomes and messages. */
import { inspect } from 'node:util';
import { createEngine, encode, formatLog, type Outcome, run, type Secret, secret } from '@perdure/runtime';
import { memory } from '@perdure/runtime/memory';
import { expect, test } from 'vitest';
import { load } from './program.ts';

const HIDDEN = 's3cr3t';

const { main } = load(
	`import { setProgress, suspend } from '@perdure/runtime'; import { give, refuse, change } from 'world';
	export async function main(token) { "use durable";
		const held = { token, again: [token] };
		const tell = () => String(token);
		setProgress(held);
		let caught = [await give(token)];
		try { await refuse(held); } catch (e) { caught.push(e); }
		try { await change(held); } catch (e) { caught.push(e.message); }
		await suspend({ held, tell: tell() });
		return { token, held, caught };
	}`,
	{
		give: async (token: unknown) => token,
		refuse: async (held: { token: unknown }) => {
			throw Object.assign(new Error(`no ${held.token}`), { held });
		},
		change: async (held: { token: unknown }) => {
			held.token = 1;
		},
	},
) as Record<string, (token: unknown) => Promise<unknown>>;

/** As people and libraries print things. */
function shown(value: unknown): string {
	const o = { depth: 20, showHidden: true };
	return [JSON.stringify(value), inspect(value, o), inspect(value, { ...o, customInspect: false })].join('\n');
}

function expectHidden(value: unknown): void {
	expect(shown(value)).toContain('4711');
	expect(shown(value)).not.toContain(HIDDEN);
}

test('in the log, the outcome and the inspection of a run; the run has it', async () => {
	const open = (await run(main!, [secret(HIDDEN)], { id: '4711' })) as Extract<
		Outcome<unknown>,
		{ status: 'suspended' }
	>;
	expect(open.status).toBe('suspended');
	expectHidden(open.continuation.inspect());
	expectHidden(['4711', open]);
	expectHidden(['4711', formatLog(open.log)]);
	const end = (await open.continuation.resume()) as Extract<Outcome<unknown>, { status: 'completed' }>;
	expectHidden(['4711', end]);
	expect((end.value as { token: Secret<string> }).token.value).toBe(HIDDEN);
});

test('in what an engine tells of a run', async () => {
	const engine = createEngine({ store: memory() });
	const handle = await engine.start(main!, [secret(HIDDEN)], { id: '4711' });
	expectHidden(['4711', await handle.next()]);
	expectHidden(['4711', await handle.describe()]);
	expectHidden(await handle.inspect());
	await handle.resume();
	expectHidden(['4711', await handle.settled()]);
	await engine.close();
});

test.each([
	['a key of a map', () => new Map([[secret(HIDDEN), () => 4711]])],
	['what is beside it', () => ({ token: secret(HIDDEN), f: () => 4711 })],
	['what is in it', () => ({ token: secret([HIDDEN, new WeakMap()]) })],
	[
		'a property of an error',
		() => Object.assign(new Error('4711'), { token: secret({ [HIDDEN.slice(1)]: 1, f: () => 1 }) }),
	],
])('in the message that %s cannot be saved', (_, make) => {
	let caught: unknown;
	try {
		encode(make());
	} catch (error) {
		caught = error;
	}
	expect(caught).toMatchObject({ name: 'NotSerializableError' });
	expectHidden(['4711', caught]);
});
