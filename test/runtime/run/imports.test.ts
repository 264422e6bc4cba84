/** `import()` in durable code: it runs in the turn, and namespaces are saved by what imports them. */
import {
	Continuation,
	createEngine,
	decodeLog,
	encodeLog,
	formatLog,
	NotSerializableError,
	type Outcome,
	ResourceError,
	replay,
	run,
	UnknownFunctionError,
} from '@perdure/runtime';
import { memory } from '@perdure/runtime/memory';
import { describe, expect, it } from 'vitest';
import { shared } from '../../../packages/runtime/src/registry/shared.ts';
import { compile } from '../../support/compile.ts';
import { createProject } from '../../support/project.ts';

const PLUGIN = 'data:text/javascript,export const factor = 3; export const charge = async (n) => n * 2';

const { exports } = compile(
	`
	import { suspend } from '@perdure/runtime';
	import { eff, foreign } from '#world';
	export async function held() {
		'use durable';
		const m = await import('${PLUGIN}');
		const answer = await suspend();
		return [answer, m.factor, await m.charge(21)];
	}
	export async function given() {
		'use durable';
		const m = await foreign();
		await suspend();
		return m.factor;
	}
	export async function open() {
		'use durable';
		const all = await Promise.all([eff('a'), import('${PLUGIN}'), eff('b')]);
		await suspend();
		return [all[0], all[1].factor, all[2]];
	}
	export async function inEffect() {
		'use durable';
		const m = await foreign(async () => await import('${PLUGIN}'));
		await suspend();
		return m.factor;
	}
`,
	{
		'#world': {
			eff: async (name: string) => name,
			foreign: async (f = () => import(`${PLUGIN};`)) => await f(),
		},
	},
) as { exports: Record<string, any> };

async function suspended(outcome: Promise<Outcome<any>>): Promise<Continuation<any>> {
	const found = await outcome;
	if (found.status !== 'suspended') throw new Error(`${found.status} ${String((found as { error?: unknown }).error)}`);
	return found.continuation;
}

const localsOf = (c: Continuation<any>) => c.inspect().fibers[0]!.frames[0]!.locals;

describe('a namespace', () => {
	it('is saved by its specifier and imported again, and shown as that', async () => {
		const hot = await suspended(run(exports['held'], []));
		const cold = Continuation.fromBytes(hot.toBytes());
		expect([String(localsOf(hot)['m']), String(localsOf(cold)['m'])]).toEqual(Array(2).fill(`import('${PLUGIN}')`));
		expect(Continuation.fromBytes(cold.fork().toBytes()).suspensions).toHaveLength(1);
		for (const c of [hot, cold]) {
			expect(await c.fork().resume('hello')).toMatchObject({ status: 'completed', value: ['hello', 3, 42] });
		}
	});

	it('that durable code has not imported is refused, with the way out', async () => {
		const found = await run(exports['given'], []);
		expect(found).toMatchObject({ status: 'failed' });
		const { error } = found as { error: NotSerializableError };
		expect(NotSerializableError.is(error)).toBe(true);
		expect(error.message).toContain('a module namespace that durable code has not imported itself');
		expect(error.help).toContain("const m = await import('./m.ts')");
	});

	it('that a closure of the run has imported inside an effect is one like others', async () => {
		const c = await suspended(run(exports['inEffect'], []));
		expect(await Continuation.fromBytes(c.toBytes()).resume()).toMatchObject({ value: 3 });
	});

	it('whose import is not in the code any more waits for the code that has it', async () => {
		const bytes = (await suspended(run(exports['held'], []))).toBytes();
		const imports = [...shared.functions].filter(([, { kind }]) => kind === 'import');
		for (const [id] of imports) shared.functions.delete(id);
		const failed = await Continuation.fromBytes(bytes)
			.resume('hello')
			.catch((error: unknown) => error);
		for (const [id, def] of imports) shared.functions.set(id, def);
		expect(UnknownFunctionError.is(failed)).toBe(true);
	});
});

it('that two modules have imported goes on where only the one of its run is loaded', async () => {
	const [first, second] = ['first', 'second'].map((name) =>
		compile(
			`import { suspend } from '@perdure/runtime';
			export async function main() {
				'use durable';
				const m = await import('${PLUGIN}//both');
				await suspend();
				return m.factor;
			}`,
			{},
			{ filename: `${name}.ts` },
		),
	) as { exports: Record<string, any> }[];
	await run(first!.exports['main'], []);
	const bytes = (await suspended(run(second!.exports['main'], []))).toBytes();
	for (const [id, { file }] of shared.functions) if (file === 'first.ts') shared.functions.delete(id);
	expect(await Continuation.fromBytes(bytes).resume()).toMatchObject({ status: 'completed', value: 3 });
});

describe('the log', () => {
	it('has imports, and can be read, saved and replayed', async () => {
		const first = await suspended(run(exports['open'], []));
		const ended = await first.resume();
		if (ended.status !== 'completed') throw new Error(ended.status);
		const { log } = ended;
		expect(formatLog(log)).toContain(`import('${PLUGIN}') = import('${PLUGIN}')`);
		const cold = decodeLog(encodeLog(log));
		expect(formatLog(cold)).toBe(formatLog(log));
		for (const entries of [log, cold]) {
			expect(await replay(exports['open'], [], entries, { strict: true })).toMatchObject({ value: ['a', 3, 'b'] });
		}
	});
});

describe('an engine', () => {
	it('goes on with it in another process', async () => {
		const store = memory();
		await using one = await createEngine({ store });
		const handle = await one.start(exports['held'], []);
		await expect.poll(() => handle.status()).toBe('waiting');
		await one.close();
		await using two = await createEngine({ store });
		const again = two.get(handle.id);
		await again.resume('hi');
		expect(await again.result()).toEqual(['hi', 3, 42]);
		expect(formatLog(await again.log())).toContain(`= import('${PLUGIN}')`);
	});
});

/** A module that is not there when a run goes on needs a process that has not loaded it. */
it('one that cannot be imported again fails the run with its specifier; a retry imports it', () => {
	const project = createProject({
		'plugins/a.ts': 'export const name: string = "a"; export const charge = async (n: number) => `${name}${n}`;',
		'shop.ts': `
			import { suspend } from '@perdure/runtime';
			const load = (name: string) => import(\`./plugins/\${name}.ts\`);
			export async function buy(name: string) {
				'use durable';
				const written = await import('./plugins/a.ts');
				const m = await import(\`./plugins/\${name}.ts\`);
				await suspend();
				return [m === written, await m.charge(1), await written.charge(2), load.name];
			}`,
		'first.ts': `
			import { writeFileSync } from 'node:fs';
			import { run } from '@perdure/runtime';
			import { buy } from './shop.ts';
			const { continuation } = await run(buy, ['a']) as any;
			writeFileSync('run', continuation.toBytes());`,
		'then.ts': `
			import { readFileSync, renameSync, writeFileSync } from 'node:fs';
			import { Continuation } from '@perdure/runtime';
			import './shop.ts';
			const failed = await Continuation.fromBytes(readFileSync('run')).resume() as any;
			console.log(failed.error?.code, failed.error?.resource);
			renameSync('away', 'plugins/a.ts');
			writeFileSync('failed', failed.continuation.toBytes());`,
		'last.ts': `
			import { readFileSync } from 'node:fs';
			import { Continuation } from '@perdure/runtime';
			import './shop.ts';
			const { value } = await Continuation.fromBytes(readFileSync('failed')).retry() as any;
			console.log(JSON.stringify(value));`,
	});
	const node = (file: string) => {
		const { stdout, stderr } = project.node('--import', '@perdure/transform/register', file);
		expect(stderr).toBe('');
		return stdout;
	};
	node('first.ts');
	project.write({ away: project.read('plugins/a.ts') });
	project.remove('plugins/a.ts');
	expect(node('then.ts')).toBe(`${ResourceError.code} import('./plugins/a.ts')\n`);
	expect(node('last.ts')).toBe('[true,"a1","a2","load"]\n');
});
