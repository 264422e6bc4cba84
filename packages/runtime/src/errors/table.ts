/**
 * The one table of the runtime's errors: class name, code, title, message, help. Facts only, so that
 * the reference page is made from it. Codes never move and never return; ranges as in the compiler's
 * table: PD3 what cannot be saved, PD5 schema, PD6 codec, PD7 log, PD8 store, PD9 our own
 * invariants, PD10 (five digits) a run's life. The classes are in the files beside this one.
 */
import {
	aloneMessage,
	argumentMessage,
	calleeMessage,
	capturedMessage,
	type DiagnosticRow,
	parameterMessage,
	receiverMessage,
	resultMessage,
} from '@perdure/abi';
import type { DecodeFacts, NotSerializableFacts, Place, SchemaMismatchFacts } from './facts.ts';

export type ErrorRow<P> = DiagnosticRow<P>;

const row = <P>(
	code: string,
	title: string,
	message: (facts: P) => string,
	help: ErrorRow<P>['help'],
): ErrorRow<P> => ({ code, severity: 'error', title, message, help });

/** Whoever made the bytes has written it: it must not fill a log, or begin a line of its own there. */
function printable(id: string): string {
	const plain = id.replace(/[^\x20-\x7e]/g, '?');
	return plain.length > 64 ? `${plain.slice(0, 64)}...` : plain;
}

/** The sentences are the compiler's, at every code of PD3. */
const notSaved = ({ path, type, point }: NotSerializableFacts) =>
	point === undefined ? aloneMessage(path, type) : capturedMessage(path, type, point);
const inBrackets = (place: Place | undefined) => (place === undefined ? '' : ` (${place})`);
const ownHelp = (f: NotSerializableFacts) => f.help;

export const ROWS = {
	// PD3: what cannot be saved, found when saving. One class, one code a kind.
	NotSerializableError: row<NotSerializableFacts>('PD3001', 'a captured value cannot be saved', notSaved, ownHelp),
	NotSerializableKept: row<NotSerializableFacts>(
		'PD3003',
		'a value that is kept without being in a variable cannot be saved',
		notSaved,
		ownHelp,
	),
	NotSerializableInstance: row<NotSerializableFacts>(
		'PD3005',
		'an instance of a class that is not registered is captured',
		notSaved,
		ownHelp,
	),
	NotSerializableIterator: row<NotSerializableFacts>(
		'PD3006',
		'an iterator or generator that cannot be saved is captured',
		notSaved,
		ownHelp,
	),
	NotSerializableFunction: row<NotSerializableFacts>(
		'PD3007',
		'a foreign function, or a closure over what cannot be saved, is captured',
		notSaved,
		ownHelp,
	),
	NotSerializablePromise: row<NotSerializableFacts>('PD3008', 'a native promise is captured', notSaved, ownHelp),
	NotSerializableArgument: row<NotSerializableFacts>(
		'PD3002',
		"an effect's argument cannot be saved",
		(f) => argumentMessage(f.path, f.type, f.crossing!.of, f.point),
		ownHelp,
	),
	NotSerializableBorder: row<NotSerializableFacts>(
		'PD3009',
		'a parameter or the result of a durable function cannot be saved',
		({ path, type, crossing }) =>
			(crossing!.as === 'result' ? resultMessage : parameterMessage)(path, type, crossing!.of),
		ownHelp,
	),
	NotSerializableCallee: row<NotSerializableFacts>(
		'PD3010',
		"an effect's callee or receiver could not be found again after a restore",
		(f) =>
			f.crossing === undefined
				? calleeMessage(f.path, f.type, f.point)
				: receiverMessage(f.path, f.type, f.crossing.of, f.point),
		ownHelp,
	),

	// PD5: code and bytes that do not belong together.
	SchemaMismatchError: row<SchemaMismatchFacts>(
		'PD5001',
		'a saved frame does not fit the code',
		(f) => `a saved frame of '${f.functionId}' (${f.file}:${f.line}) needs ${f.expected}; in this build: ${f.found}.`,
		(f) => f.ways.join('; or '),
	),
	UnknownFunctionError: row<{ functionId: string }>(
		'PD5002',
		'a saved frame names a function that is not loaded',
		(f) => `no durable function with the id '${f.functionId}' is loaded in this process.`,
		'import the compiled module that defines it before decoding; if it was renamed or moved, keep its id with "use durable as <id>"',
	),
	DuplicateFunctionError: row<{ id: string; first: Place; second: Place }>(
		'PD5003',
		'two functions or classes with one id',
		(f) => `'${f.id}' is defined twice: ${f.first} and ${f.second}.`,
		'give one of them an id of its own: "use durable as <id>" for a function, the option id for a class; two copies of a package in one process have the same cause',
	),
	NotCompiledError: row<{
		functionName: string;
		file?: Place | undefined;
		problem: string;
		help?: string;
		point?: Place | undefined;
	}>(
		'PD5004',
		'a function that was not compiled, or is not durable',
		(f) => `'${f.functionName}'${inBrackets(f.file)} ${f.problem}${inBrackets(f.point)}.`,
		(f) =>
			f.help ??
			'run it under node --import @perdure/transform/register, or have its file built with Perdure: by @perdure/unplugin in a bundler or Vitest, by @perdure/babel-plugin, or by tspc',
	),
	AbiMismatchError: row<{ id: string; built: number; here: number }>(
		'PD5005',
		'compiled code and runtime are of two versions',
		(f) => `'${f.id}' was compiled for version ${f.built} of the runtime interface, this runtime has ${f.here}.`,
		'compile again with the @perdure/transform that belongs to this @perdure/runtime',
	),
	TwoRuntimesError: row<{ id: string; file: string }>(
		'PD5006',
		'two copies of the runtime in one process',
		(f) => `'${f.id}' (${f.file}) was loaded with another copy of @perdure/runtime than the one that is to run it.`,
		'load one copy: make @perdure/runtime external where you bundle, or bundle what starts runs together with their functions; where it is installed twice, npm dedupe',
	),

	// PD6: bytes.
	DecodeError: row<DecodeFacts>(
		'PD6001',
		'bytes that are not what they should be',
		(f) => `these bytes cannot be decoded: ${f.problem}.`,
		(f) =>
			f.help ??
			'they were cut, changed, or never made by encode or toBytes; bytes from outside should be sealed and unsealed',
	),
	SealTampered: row<{ unsealed?: boolean | undefined; cut?: boolean | undefined }>(
		'PD6002',
		'sealed bytes were changed',
		(f) =>
			f.unsealed
				? 'the bytes are not sealed.'
				: f.cut
					? 'the sealed bytes are cut off.'
					: 'the sealed bytes were changed, or belong to something else.',
		(f) =>
			f.unsealed
				? 'anybody could have written them; what a store has from before its engines had a keyring is sealed by engine.sealAgain()'
				: f.cut
					? 'use all that seal gave: something on their way is too short for them'
					: 'use the bytes exactly as seal gave them, and the same audience and run',
	),
	SealExpired: row<{ expiredAt?: Date | undefined }>(
		'PD6003',
		'sealed bytes have expired',
		(f) => `the sealed bytes have expired${f.expiredAt ? ` at ${f.expiredAt.toISOString()}` : ''}.`,
		'seal again with a later expiry',
	),
	SealUnknownKey: row<{ keyId?: string | undefined }>(
		'PD6004',
		'sealed under a key that the keyring does not have',
		(f) => `the bytes are sealed under the key '${printable(f.keyId ?? '')}', which the keyring does not have.`,
		'add the key to keyring({ keys }); a key may be retired once nothing sealed under it is left',
	),
	SealWrongAudience: row<{ audience?: string | undefined }>(
		'PD6005',
		'sealed for another audience',
		() => 'the bytes are sealed for another audience.',
		'unseal with the audience they were sealed for',
	),
	StateTooLargeError: row<{ bytes: number; limit: number; largest: readonly { path: string; bytes: number }[] }>(
		'PD6006',
		'the state of a run is over the limit',
		(f) =>
			`the run's state is ${f.bytes} bytes, over the limit of ${f.limit}; the largest: ${f.largest
				.map((l) => `'${l.path}' (${l.bytes})`)
				.join(', ')}.`,
		'keep large values outside and an id of them in the run, or let variables go before the await',
	),

	KeyringError: row<{ problem: string }>(
		'PD6007',
		'a keyring that cannot be used',
		(f) => `the keyring cannot be used: ${f.problem}.`,
		'a key is 32 random bytes, as a Uint8Array or in base64 (openssl rand -base64 32): keyring({ current: "2026-11", keys: { "2026-11": process.env.SEAL_KEY } })',
	),
	ResourceError: row<{ resource: string; problem: string }>(
		'PD6008',
		'a resource of a run could not be opened again',
		(f) => `the resource '${f.resource}' could not be opened again: ${f.problem}.`,
		'the run stands where it stood: make what it opens reachable, then retry() it',
	),

	// PD7: the log.
	DivergenceError: row<{ entry: number | null; expected: string; found: string }>(
		'PD7001',
		'a replay took another way than the log',
		(f) =>
			`the replay diverged${f.entry === null ? '' : ` at log entry ${f.entry}`}: the log has ${f.expected}, the code did ${f.found}.`,
		"replay with onDivergence: 'continue' to go on live from there",
	),
	LogPrunedError: row<{ entry: number; site: string; problem?: string | undefined }>(
		'PD7002',
		'a replay needs an entry that was pruned',
		(f) =>
			`log entry ${f.entry} (${f.site}) ${f.problem ?? 'was pruned, excluded or redacted'}; a replay cannot pass it.`,
		"keep more of the log (log: 'all'), or replay from a mark after it",
	),

	// PD8: stores, leases, workers.
	StoreError: row<{ problem: string; refused: boolean; help?: string | undefined }>(
		'PD8001',
		'the store failed',
		(f) => `the store failed: ${f.problem}.`,
		(f) => f.help ?? 'see cause; nothing uncommitted was acknowledged',
	),
	FencedError: row<{ runId: string; epoch: number }>(
		'PD8002',
		'a commit under an old epoch was refused',
		(f) => `run '${f.runId}' has been claimed by another worker; the commit under epoch ${f.epoch} changed nothing.`,
		'nothing to do: the other worker goes on from the last committed turn',
	),

	CrashLoopError: row<{ runId: string; deaths: number }>(
		'PD8003',
		'a run that seems to kill its workers',
		(f) => `the process died ${f.deaths} times in a row while run '${f.runId}' was being moved on.`,
		'crash loop: find what kills the process (memory, a native crash, process.exit in an effect) and deploy a change; nothing is lost',
	),
	EngineClosedError: row<object>(
		'PD8004',
		'the engine is closed',
		() => 'the engine was closed.',
		'runs are where they were; create another engine over the same store to go on',
	),

	EventLostError: row<{ runId: string; seq: number }>(
		'PD8005',
		'an event was acknowledged by a consumer that no longer has it',
		(f) => `event ${f.seq} of run '${f.runId}' is no longer this consumer's; it is handed out again.`,
		'acknowledge an event within the loop over engine.outbox() that it came from; handle events by runId and seq, so that a second time does no harm',
	),

	// PD9: ourselves.
	InvariantError: row<{ broken: string }>(
		'PD9001',
		'an invariant of the library is broken',
		(f) => `this should not be possible: ${f.broken}.`,
		'please report it with what led here',
	),
	UnsupportedError: row<{ what: string; point?: Place | undefined; help: string }>(
		'PD9002',
		'something that only running could show is not supported',
		(f) => `${f.what} is not supported${f.point === undefined ? '' : ` (${f.point})`}.`,
		(f) => f.help,
	),

	// PD10: a run's life.
	CancelledError: row<{ reason?: unknown; runId?: string | undefined }>(
		'PD10001',
		'the run was cancelled',
		(f) => {
			const run = f.runId === undefined ? 'the run' : `run '${f.runId}'`;
			return typeof f.reason === 'string' ? `${run} was cancelled: ${f.reason}.` : `${run} was cancelled.`;
		},
		(f) =>
			f.runId === undefined
				? 'clean up in finally and let it pass; a suspension point after it throws it again'
				: 'it has no result: catch this to go on without one; reason is what was given to cancel',
	),
	EffectInterruptedError: row<{ effect: string; key: string; attempt: number }>(
		'PD10002',
		'an effect was in flight when the process died',
		(f) => `the process died while '${f.effect}' was in flight (key ${f.key}); whether it happened is not known.`,
		'ask the other side by the key what became of it, then go on',
	),
	NonRetryableError: row<{ message: string }>(
		'PD10003',
		'an error that no policy retries',
		(f) => f.message,
		'thrown by an effect to say that another attempt would not help',
	),
	ArgumentMutatedError: row<{ effect: string; path: string; point?: Place | undefined }>(
		'PD10004',
		'an effect changed an argument',
		(f) =>
			`'${f.effect}'${f.point === undefined ? '' : ` (${f.point})`} changed '${f.path}', which is a copy: the change is lost.`,
		'return the new value and assign it, or make the method durable',
	),
	OutsideTurnError: row<{ functionName: string; at?: Place | undefined; runId?: string | undefined }>(
		'PD10005',
		'a closure of a run was called outside its turn',
		(f) =>
			`${f.functionName === '' ? 'the closure' : `'${f.functionName}'`}${f.at === undefined ? '' : ` (${f.at})`} belongs to ${f.runId === undefined ? 'a run' : `run '${f.runId}'`} and was called when no turn of that run was being computed.`,
		'call it from the run, or inside the effect it was handed to; a timer, a listener or a queue is to send the run a message instead, by send() of its handle, engine.get(runId), or of its continuation, which the run awaits with receive()',
	),
	OutsideRunError: row<{ primitive: string; effect?: string | undefined }>(
		'PD10006',
		'a primitive of durable functions was used outside a run',
		(f) =>
			f.primitive === 'currentEffect'
				? "'currentEffect' needs an effect, and none is being performed here."
				: f.effect === undefined
					? `'${f.primitive}' needs a run, and none is being computed here.`
					: `'${f.primitive}' is for durable code, and is called inside the effect '${f.effect}'.`,
		(f) =>
			f.primitive === 'currentEffect'
				? 'it is there inside an effect: call it in the function that durable code awaits, not in durable code itself'
				: f.effect === undefined
					? 'start the function that calls it with run(fn, args) or engine.start(fn, args)'
					: f.primitive === 'currentRun'
						? 'currentEffect().runId is the id of its run; hand in what else it needs as an argument'
						: `call it in the durable function that awaits '${f.effect}', before that or after it`,
	),
	TimeoutError: row<{ what: string; timeout?: string | undefined }>(
		'PD10007',
		'a wait took too long',
		(f) => `${f.what} took longer than ${f.timeout ?? 'allowed'}.`,
		'give it more time, or catch this and go another way',
	),
	NotSuspendedError: row<{
		runId: string;
		suspension?: string | undefined;
		standing?: string | undefined;
		help?: string;
	}>(
		'PD10008',
		'an answer to something that does not wait',
		(f) =>
			f.suspension === undefined
				? `run '${f.runId}' waits for no answer${f.standing === undefined ? '' : `: ${f.standing.replace(/\.$/, '')}`}.`
				: `run '${f.runId}' does not wait at the suspension '${f.suspension}' any more.`,
		(f) => f.help ?? 'read describe().waitingFor or continuation.suspensions for what is open',
	),
	AlreadyResumedError: row<{ runId: string; suspension: string }>(
		'PD10009',
		'a suspension was answered before',
		(f) => `the suspension '${f.suspension}' of run '${f.runId}' has another answer already.`,
		'the first answer won; the same answer sent again is acknowledged',
	),
	AmbiguousResumeError: row<{ runId: string; suspensions: readonly string[] }>(
		'PD10010',
		'an answer without an address',
		(f) => `run '${f.runId}' waits at ${f.suspensions.length} suspensions: ${f.suspensions.join(', ')}.`,
		'name one: resume(answer, { suspension })',
	),
	OwnedByEngineError: row<{ runId: string; method: string }>(
		'PD10011',
		"a view of an engine's run was moved on",
		(f) => `run '${f.runId}' is owned by an engine; '${f.method}' works on its handle, not on this view.`,
		'use the handle: engine.get(id)',
	),
	InvalidAnswerError: row<{ to: string; issues: readonly string[] }>(
		'PD10012',
		'an answer or message of the wrong form',
		(f) => `what was sent to '${f.to}' is not valid: ${f.issues.join('; ')}.`,
		'send what its schema accepts; the run still waits',
	),
	RunNotFoundError: row<{ runId: string }>(
		'PD10013',
		'no run with this id',
		(f) => `there is no run '${f.runId}' in this store.`,
		'check the id and the store it was started in',
	),
	RunConflictError: row<{ runId: string; difference: string }>(
		'PD10014',
		'a run id that is taken',
		(f) => `run '${f.runId}' exists with ${f.difference}.`,
		'use another id, or start it with the same function and arguments to get the run that exists',
	),
	WrongFunctionError: row<{ runId: string; expected: string; functionId: string }>(
		'PD10021',
		'a handle that was taken for another function',
		(f) => `run '${f.runId}' is a run of '${f.functionId}', and this handle was taken for one of '${f.expected}'.`,
		'take the handle by the function whose run it is, engine.get(fn, id), or by the id alone; check that the id is the right one',
	),
	NotFailedError: row<{ runId: string; standing?: string; help?: string }>(
		'PD10020',
		'a retry of a run that has not failed',
		(f) =>
			f.standing === undefined
				? `run '${f.runId}' has not failed, or nothing is left of it to try again from.`
				: `run '${f.runId}' has not failed: ${f.standing}.`,
		(f) =>
			f.help ??
			'try failed runs again, and go on with others by continue, resume or send; an engine keeps the state before every failure, and so does run with onCheckpoint; without, it keeps states of at most 16 KiB, and those that a rejection comes to',
	),
	InvalidDurationError: row<{ given: string }>(
		'PD10016',
		'not a duration',
		(f) => `'${f.given}' is not a duration.`,
		"give milliseconds, or a text such as '250ms', '3 days' or 'PT5M'; a moment (a valid Date) is taken by sleep, suspend, receive, startAt and expires",
	),
	DeadlockError: row<{ runId: string; points: readonly string[]; own?: boolean }>(
		'PD10017',
		'a run that nothing can move on',
		(f) =>
			f.own
				? `run '${f.runId}' waits for its own end${inBrackets(f.points[0])}.`
				: `run '${f.runId}' waits only for promises that nothing can settle (${f.points.join(', ')}).`,
		(f) =>
			f.own
				? 'wait for the result of another run, started under an id of its own; what this one has computed is in its variables'
				: 'resolve them from the run itself, or wait for an effect, a message, an answer or a time',
	),
	NotSettledError: row<{ runId: string; standing: string }>(
		'PD10018',
		'the result of a test run that has not ended',
		(f) => `run '${f.runId}' has not ended: ${f.standing}.`,
		'move it on before its result: answer with resume, send the message, advance the clock',
	),
	InvalidPolicyError: row<{ effect: string; problem: string }>(
		'PD10019',
		'a policy of an effect that cannot be followed',
		(f) => `the policy of the effect '${f.effect}' cannot be followed: ${f.problem}.`,
		"as in effect(charge, { timeout: '10 seconds', retry: { attempts: 5, delay: '1 second' } })",
	),
	BlockedError: row<{ runId: string; blocked: { code: string; message: string; help?: string } }>(
		'PD10015',
		'a run cannot go on',
		(f) => `run '${f.runId}' is blocked, as its worker says: ${f.blocked.message} (${f.blocked.code})`,
		(f) =>
			`nothing is lost, and it goes on by itself once a worker can: ${f.blocked.help ?? 'deploy code that fits it'}`,
	),
} as const;
