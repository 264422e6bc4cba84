/** Every name that users can write: what each entry exports, and the members of what these give. A name that goes breaks users. */
import { readFileSync } from 'node:fs';
import babelPlugin from '@perdure/babel-plugin';
import * as runtime from '@perdure/runtime';
import * as memoryEntry from '@perdure/runtime/memory';
import * as sqliteEntry from '@perdure/runtime/sqlite';
import * as testing from '@perdure/testing';
import * as transformer from '@perdure/transform';
import { afterAll, describe, expect, test } from 'vitest';
import { loadMain } from '../runtime/run/program.ts';

const words = (text: string) => text.trim().split(/\s+/);
const namesOf = (module: object) => Object.keys(module).sort();

const FUNCTIONS = words(`
	suspend receive receiveAll sleep emit mark start setProgress currentRun defineQuestion defineMessage
	effect currentEffect replace
	run replay migrate encode decode encodeLog decodeLog formatLog seal unseal sealInfo sealToken unsealToken keyring
	createEngine functionRef
	serializable resource secret`);

const SYMBOLS = words('SERIALIZE DESERIALIZE MARSHAL UNMARSHAL CLOSE');

const CLASSES = words('Continuation ChildRun');

/** Name and code: neither ever changes. A kind of a SealError has a code of its own. */
const ERRORS: Readonly<Record<string, string>> = {
	NotSerializableError: 'PD3001',
	SchemaMismatchError: 'PD5001',
	UnknownFunctionError: 'PD5002',
	DuplicateFunctionError: 'PD5003',
	NotCompiledError: 'PD5004',
	AbiMismatchError: 'PD5005',
	TwoRuntimesError: 'PD5006',
	DecodeError: 'PD6001',
	SealError: 'PD6002',
	StateTooLargeError: 'PD6006',
	KeyringError: 'PD6007',
	ResourceError: 'PD6008',
	DivergenceError: 'PD7001',
	LogPrunedError: 'PD7002',
	StoreError: 'PD8001',
	FencedError: 'PD8002',
	CrashLoopError: 'PD8003',
	EngineClosedError: 'PD8004',
	EventLostError: 'PD8005',
	InvariantError: 'PD9001',
	UnsupportedError: 'PD9002',
	CancelledError: 'PD10001',
	EffectInterruptedError: 'PD10002',
	NonRetryableError: 'PD10003',
	ArgumentMutatedError: 'PD10004',
	OutsideTurnError: 'PD10005',
	OutsideRunError: 'PD10006',
	TimeoutError: 'PD10007',
	NotSuspendedError: 'PD10008',
	AlreadyResumedError: 'PD10009',
	AmbiguousResumeError: 'PD10010',
	OwnedByEngineError: 'PD10011',
	InvalidAnswerError: 'PD10012',
	RunNotFoundError: 'PD10013',
	RunConflictError: 'PD10014',
	BlockedError: 'PD10015',
	InvalidDurationError: 'PD10016',
	DeadlockError: 'PD10017',
	InvalidPolicyError: 'PD10019',
	NotFailedError: 'PD10020',
	WrongFunctionError: 'PD10021',
};

describe('@perdure/runtime', () => {
	test('exports these, and nothing else', () => {
		const all = [...FUNCTIONS, ...SYMBOLS, ...CLASSES, ...Object.keys(ERRORS), 'PerdureError'];
		expect(namesOf(runtime)).toEqual(all.sort());
		const exported = runtime as unknown as Record<string, unknown>;
		for (const name of FUNCTIONS) expect(exported[name], name).toBeTypeOf('function');
		for (const name of SYMBOLS) expect(exported[name], name).toBeTypeOf('symbol');
	});

	test.for(Object.entries(ERRORS))('%s is %s', ([name, code]) => {
		const Class = (runtime as unknown as Record<string, typeof runtime.TimeoutError>)[name]!;
		expect(Class.code).toBe(code);
		expect(Class.is(Object.create(Class.prototype))).toBe(true);
		expect(Class.is(new Error(name))).toBe(false);
		expect(Class.prototype).toBeInstanceOf(runtime.PerdureError);
	});

	test('kinds of a broken seal have codes of their own', () => {
		const kinds = ['tampered', 'expired', 'unknown-key', 'wrong-audience'] as const;
		expect(kinds.map((kind) => new runtime.SealError({ kind }).code)).toEqual(['PD6002', 'PD6003', 'PD6004', 'PD6005']);
	});

	test('has these entries, and no other', () => {
		const { exports } = JSON.parse(
			readFileSync(new URL('../../packages/runtime/package.json', import.meta.url), 'utf8'),
		);
		expect(Object.keys(exports)).toEqual(['.', './internal', './simulation', './sqlite', './memory']);
		expect(namesOf(sqliteEntry)).toEqual(['sqlite', 'transaction']);
		expect(namesOf(memoryEntry)).toEqual(['memory']);
	});
});

test('the other packages', () => {
	expect(namesOf(testing)).toEqual(['NotSettledError', 'testRun']);
	// What else it exports is for its doors, which are packages of their own.
	expect(namesOf(transformer)).toEqual(expect.arrayContaining(['check', 'transform']));
	expect(babelPlugin).toBeTypeOf('function');
});

/** Members of an object and of its class, symbols too. */
function membersOf(object: object): string[] {
	const members = new Set<string>();
	for (let at: object = object; at !== Object.prototype; at = Object.getPrototypeOf(at) as object) {
		for (const key of Reflect.ownKeys(at)) if (key !== 'constructor') members.add(String(key));
	}
	return [...members].sort();
}

describe('members', () => {
	const main = loadMain(`
		import { suspend } from '@perdure/runtime';
		export async function main() { 'use durable'; return await suspend('?'); }`);
	const engine = runtime.createEngine({ store: memoryEntry.memory(), functions: [main] });
	afterAll(() => engine.close());

	const CONTINUATION = words(`
		functionId runId schemaId log suspensions wakeAt toBytes
		continue resume throw send cancel retry fork inspect`);

	test('of a continuation', async () => {
		const outcome = await runtime.run(main, []);
		if (outcome.status !== 'suspended') throw new Error(outcome.status);
		expect(membersOf(outcome.continuation)).toEqual(CONTINUATION.toSorted());
		expect(runtime.Continuation.fromBytes).toBeTypeOf('function');
	});

	test('of an outcome, whatever it is', async () => {
		const told = ['status', 'log', 'emitted'];
		const outcome = await runtime.run(main, []);
		expect(namesOf(outcome)).toEqual([...told, 'id', 'value', 'continuation'].sort());
		if (outcome.status !== 'suspended') throw new Error(outcome.status);
		const { continuation } = outcome;
		expect(namesOf(await continuation.resume(1))).toEqual([...told, 'value'].sort());
		expect(namesOf(await continuation.cancel())).toEqual([...told, 'reason'].sort());
		expect(namesOf(await continuation.throw(new Error()))).toEqual([...told, 'error', 'continuation'].sort());
	});

	test('of an engine', () => {
		expect(membersOf(engine)).toEqual(
			[...words('start get list keysInUse sealAgain outbox close'), 'Symbol(Symbol.asyncDispose)'].sort(),
		);
	});

	test('of a handle, what it describes, and its view', async () => {
		const handle = await engine.start(main, [], { id: 'one' });
		expect(membersOf(handle)).toEqual(
			words(`
				id describe status next settled result outcomes resume throw send cancel retry fork log inspect`).sort(),
		);
		const outcome = await handle.next();
		if (outcome.status !== 'suspended') throw new Error(outcome.status);
		expect(membersOf(outcome.continuation)).toEqual(expect.arrayContaining(CONTINUATION));
		const description = await handle.describe();
		expect(namesOf(description)).toEqual(
			words('functionId status startedAt progress waitingFor blocked outcome').sort(),
		);
		expect(namesOf(description.waitingFor[0]!)).toEqual(words('kind id value name since until').sort());
	});

	test('of a log entry, and of an inspection', async () => {
		const outcome = await runtime.run(main, []);
		if (outcome.status !== 'suspended') throw new Error(outcome.status);
		const [entry] = outcome.log;
		expect(namesOf(entry!)).toEqual(
			words(`seq kind site name args state outcome settledSeq attempt startedAt endedAt fiber mark key`).sort(),
		);
		const { fibers, ...rest } = outcome.continuation.inspect();
		expect(namesOf(rest)).toEqual(words('functionId pending runId status').sort());
		expect(namesOf(fibers[0]!)).toEqual(['frames', 'id']);
		expect(namesOf(fibers[0]!.frames[0]!)).toEqual(words('column file functionId line locals name').sort());
	});
});
