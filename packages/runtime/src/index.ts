// Inside durable functions
// The engine

export type { WaitLimits } from './client/changes.ts';
export { ChildRun, type ChildWaitOptions } from './client/child-run.ts';
export type { Description, RunSummary, Status, Waiting } from './client/describe.ts';
export { createEngine, type Engine, type EngineOptions, type ListFilter } from './client/engine.ts';
export { type FunctionRef, functionRef } from './client/function-ref.ts';
export type { AnswerOptions, RunHandle, SendOptions } from './client/handle.ts';
export type { KeysInUse } from './client/keys.ts';
export type { OutboxEvent, OutboxOptions } from './client/outbox.ts';
export type { Ended } from './client/outcome.ts';
export { decode, encode } from './codec/plain.ts';
// Continuations, no store needed
export { Continuation } from './continuation.ts';
// Effects
export { type ChildOutcome, currentEffect, type EffectContext } from './driver/effects.ts';
// Errors
export {
	ArgumentMutatedError,
	EffectInterruptedError,
	InvalidPolicyError,
	NonRetryableError,
} from './errors/effect.ts';
export { PerdureError } from './errors/error.ts';
export { InvariantError, UnsupportedError } from './errors/internal.ts';
export { DivergenceError, LogPrunedError } from './errors/log.ts';
export {
	AlreadyResumedError,
	AmbiguousResumeError,
	BlockedError,
	CancelledError,
	DeadlockError,
	InvalidAnswerError,
	InvalidDurationError,
	NotFailedError,
	NotSuspendedError,
	OutsideRunError,
	OutsideTurnError,
	OwnedByEngineError,
	RunConflictError,
	RunNotFoundError,
	TimeoutError,
	WrongFunctionError,
} from './errors/run.ts';
export {
	DecodeError,
	KeyringError,
	NotSerializableError,
	ResourceError,
	SealError,
	StateTooLargeError,
} from './errors/saving.ts';
export {
	AbiMismatchError,
	DuplicateFunctionError,
	NotCompiledError,
	SchemaMismatchError,
	TwoRuntimesError,
	UnknownFunctionError,
} from './errors/schema.ts';
export { CrashLoopError, EngineClosedError, EventLostError, FencedError, StoreError } from './errors/store.ts';
export type { Duration } from './language/duration.ts';
export { formatLog, type LogTextOptions } from './log-text.ts';
export type { RetryOptions } from './machine/failure.ts';
export type { FrameInspection, Inspection, PendingInspection } from './machine/inspect.ts';
export type { LogEntry, LogKind } from './machine/log.ts';
export type { LogKeep, LogMatch, LogOptions, LogSubject } from './machine/log-options.ts';
export type { StartOptions } from './machine/start-options.ts';
export type { Outcome, ResumeOptions, RunOptions, Suspension } from './outcome.ts';
export type { Clock, Random } from './ports/clock.ts';
export type { Store } from './ports/store.ts';
export { currentRun, emit, mark, receive, setProgress, sleep, start, suspend, type WaitOptions } from './primitives.ts';
export { receiveAll } from './receive-all.ts';
// Classes
export { type ClassHooks, type ClassLike, DESERIALIZE, SERIALIZE, serializable } from './registry/classes.ts';
export { type EffectPolicy, effect, type RetryPolicy } from './registry/effects.ts';
export type { AsyncFunction } from './registry/functions.ts';
export { type Handler, replace } from './registry/handlers.ts';
export { migrate } from './registry/migrations.ts';
export { CLOSE, MARSHAL, type ResourceOptions, resource, UNMARSHAL } from './registry/resources.ts';
export { type Secret, secret } from './registry/secret.ts';
export type { Serializable } from './registry/serializable.ts';
export type { SchemaIssue, SchemaResult, StandardSchema } from './registry/standard-schema.ts';
export { defineMessage, defineQuestion, type Message, type Question } from './registry/topics.ts';
export { type ReplayOptions, replay } from './replay.ts';
export { run } from './run.ts';
export { decodeLog, encodeLog } from './saved-log.ts';
// Sealing
export { type KeyMaterial, type Keyring, type KeyringOptions, keyring } from './sealing/keyring.ts';
export { type SealInfo, type SealOptions, seal, sealInfo, type UnsealOptions, unseal } from './sealing/seal.ts';
export { sealToken, unsealToken } from './sealing/token.ts';
export type { WorkerOptions } from './worker/worker.ts';
