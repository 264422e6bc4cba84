/**
 * The runtime says the same as the checker: each program of fixtures/check, compiled without its types,
 * is told at the first park of the frame with the code, the path, the place and the help of the
 * compiler's diagnostic; and those that the checker lets pass end, with a restart at every await.
 */
import { createEngine, NotSerializableError, run } from '@perdure/runtime';
import { memory } from '@perdure/runtime/memory';
import { testRun } from '@perdure/testing';
import { describe, expect, test } from 'vitest';
import { checkCases, type Headline, headlinesOf, loadCase } from './support/check-case.ts';
import { type Case, stored } from './support/fixture.ts';

type Durable = (...args: unknown[]) => Promise<unknown>;

interface Program {
	readonly main?: Durable;
	readonly args?: readonly unknown[];
}

/** What only types know: nothing at run time shows that it could have been otherwise. */
const TYPES_ALONE: Readonly<Record<string, string>> = {
	'any-captured': 'what `any` hid can be saved',
	'any-in-a-closure': 'what `any` hid can be saved',
	'any-inside': 'what `any` hid can be saved',
	'unknown-captured': 'what `unknown` hid can be saved',
	'thrown-or-loaded': 'what `unknown` hid can be saved',
	'object-type': 'what `object` hid can be saved',
	'generic-unconstrained': 'what was given for T can be saved',
	'parameter-of-type-any': 'what `any` hid can be saved',
	'unknown-parameter': 'what `unknown` hid can be saved',
	'cast-to-a-socket': 'the cast lies: it is a plain object',
};

/** Where the two say different things, and why. */
const OTHERWISE: Readonly<Record<string, { readonly code: string; readonly path?: string; readonly why: string }>> = {
	'any-wins': { code: 'PD3001', path: 'message.socket', why: 'at run time nothing is `any`' },
	'argument-of-a-durable-call': { code: 'PD3001', why: 'a durable call hands over no bytes: found as its frame parks' },
	'function-parameter-from-outside': { code: 'PD3007', path: 'fn', why: 'so is a function' },
	'function-of-the-module-handed-to-a-durable-helper': {
		code: 'PD3010',
		path: 'fn',
		why: 'it is told as it is called',
	},
	'environment-of-the-process': { code: 'PD3005', why: 'it is an object of a class that Node keeps to itself' },
	'class-whose-method-captures': { code: 'PD3001', why: 'a class is to the runtime no closure' },
	'class-that-captures': { code: 'PD3001', why: 'a class is to the runtime no closure' },
	'node-stream': { code: 'PD3005', why: 'a class of a module of Node is to the runtime one that nobody registered' },
	'statement-of-a-database': { code: 'PD3005', why: 'so is one of node:sqlite' },
	'message-port': { code: 'PD3005', why: 'so is one of the host that the table does not name' },
};

const named = ({ name }: Case) => name.slice('check/'.length);
/** A run without a store gives its result to whoever waits for it; an engine keeps it. */
const isResult = ({ code, path }: Headline) => code === 'PD3009' && /^result\b/.test(path!);
/** A run that stays in memory may await a promise of the host's. */
const isPromise = ({ code }: Headline) => code === 'PD3008';
/** Of these the compiler has seen where they came from, and its help names that. */
const isOfOrigin = ({ kind }: NotSerializableError) => kind !== 'value' && kind !== 'instance';
/** What is kept without being in a variable has no name that both would know. */
const isInVariable = ({ path }: NotSerializableError) => !/^(?:\(|the |Promise\.)|\(its value\)$/.test(path);
const isSyntax = ({ code }: Headline) => /^PD[12]/.test(code);
const errorsOf = (fixture: Case) => headlinesOf(fixture).filter(({ severity }) => severity === 'error');

const cases = checkCases();
const legal = cases.filter((fixture) => errorsOf(fixture).length === 0);
const offending = cases.filter((fixture) => errorsOf(fixture).some((headline) => !isSyntax(headline)));

const WAYS: Readonly<Record<string, (program: Program) => Promise<unknown>>> = {
	async run({ main, args = [] }) {
		const outcome = await run(main!, [...args]);
		return outcome.status === 'failed' ? outcome.error : null;
	},
	async engine({ main, args = [] }) {
		await using engine = createEngine({ store: memory(), functions: [main!] });
		const ended = await (await engine.start(main!, [...args])).settled();
		return ended.status === 'failed' ? ended.error : null;
	},
	testRun: async ({ main, args = [] }) => failureOf(await toTheEnd(main!, args)),
};

const failureOf = (end: Awaited<ReturnType<typeof toTheEnd>>) => (end.status === 'failed' ? end.error : null);

/** Sleeps are over at once, questions are answered. */
async function toTheEnd(main: Durable, args: readonly unknown[]) {
	const driver = testRun(main, [...args]);
	for (let standing = await driver.next(); ; ) {
		if (standing.status === 'sleeping') standing = await driver.advance('1 day');
		else if (standing.status === 'suspended') standing = await driver.resume('yes');
		else return standing;
	}
}

describe.for(Object.keys(WAYS))('by %s', (way) => {
	test.for(offending.map((fixture) => [named(fixture), fixture] as const))('%s', async ([name, fixture]) => {
		const said = await WAYS[way]!(loadCase(fixture) as Program).catch((error: unknown) => error);
		const [expected] = errorsOf(fixture) as [Headline];
		if (name in TYPES_ALONE || (way !== 'engine' && isResult(expected)) || (way === 'run' && isPromise(expected))) {
			expect(said).toBe(null);
			return;
		}
		expect(said).toSatisfy(NotSerializableError.is);
		const error = said as NotSerializableError;
		const other = OTHERWISE[name];
		expect(error.code).toBe(other?.code ?? expected.code);
		if (isInVariable(error)) expect(error.path).toMatch(pathOf(expected, other?.path));
		if (expected.code !== 'PD3009') expect(error.point).toMatch(placeOf(expected));
		if (expected.help !== null && !isOfOrigin(error) && other === undefined)
			expect(whatIs(error)).toBe(whatIs(expected));
		if (!isOfOrigin(error) && other === undefined && expected.help !== null) expect(error.help).toBe(expected.help);
	});
});

/** What only running shows: `runtime.txt` has it as the compiler would say it. */
const hiding = legal.filter((fixture) => stored(fixture, 'runtime.txt') !== null);

describe('legal', () => {
	const others = legal.filter((fixture) => !hiding.includes(fixture));
	test.for(others.map((fixture) => [named(fixture), fixture] as const))('%s', async ([, fixture]) => {
		const { main, args = [] } = loadCase(fixture) as Program;
		// What has no `main` shows that it compiles and loads.
		if (main !== undefined) expect(await toTheEnd(main, args)).toMatchObject({ status: 'completed' });
	});
});

describe.for(Object.keys(WAYS))('what types do not show, by %s', (way) => {
	test.for(hiding.map((fixture) => [named(fixture), fixture] as const))('%s', async ([, fixture]) => {
		const { code, point, message, help } = (await WAYS[way]!(loadCase(fixture) as Program)) as NotSerializableError;
		expect(`${point} - error ${code}: ${message}\n  help: ${help}\n`).toBe(stored(fixture, 'runtime.txt'));
	});
});

test('exceptions are of programs that there are', () => {
	const names = new Set(offending.map(named));
	expect([...Object.keys(TYPES_ALONE), ...Object.keys(OTHERWISE)].filter((name) => !names.has(name))).toEqual([]);
});

/** What the sentence calls the value; a type is shown with its arguments. */
function whatIs({ message }: { readonly message: string }): string {
	return /but (.*) cannot be saved/.exec(message)![1]!.replace(/<.*>/, '');
}

/** A type's path has no keys (`[key]`, `.get(key)`) and no indices; what is in no variable has a name of the runtime's own. */
function pathOf({ code, path }: Headline, other: string | undefined): RegExp {
	const pattern = (other ?? path ?? '')
		.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
		.replaceAll('\\.get\\(key\\)', '\\.get\\(.*\\)')
		.replace(/\\\[\d+\\\]/g, '\\[\\d+\\]')
		.replace(/\\\[[a-z]\w*\\\]/g, '(?:\\.\\w+|\\[.*\\])');
	// The compiler knows the parameter's name.
	return new RegExp(
		code === 'PD3009' && !/^result/.test(path!)
			? `^(?:${pattern}|args\\[\\d\\]${pattern.replace(/^\w+/, '')})`
			: `^${pattern}$`,
	);
}

/** The await; of an operand the compiler shows the operand, which stands on the same line, and of what is kept where it came from. */
function placeOf({ code, place }: Headline): RegExp {
	if (code === 'PD3003') return /:\d+:\d+$/;
	const operand = /^PD30(02|10)$/.test(code);
	const text = (operand ? place.replace(/\d+$/, '') : place).replaceAll('.', '\\.');
	return new RegExp(operand ? `^${text}` : `^${text}$`);
}
