/**
 * For @perdure/testing, not for people: the parts of a driver, for one that holds the clock, decides what
 * is delivered when, and drops the run whenever it likes. May change with every version.
 */
export { ChildRun } from './client/child-run.ts';
export { Continuation } from './continuation.ts';
export { type ChildOutcome, performEffect, type Runs } from './driver/effects.ts';
export { leave, openArrival, openMachine } from './driver/resources.ts';
export { SaveCheck } from './driver/save-check.ts';
export {
	AmbiguousResumeError,
	CancelledError,
	NotSettledError,
	NotSuspendedError,
	RunConflictError,
	RunNotFoundError,
	TimeoutError,
} from './errors/run.ts';
export { NotSerializableError, ResourceError, StateTooLargeError } from './errors/saving.ts';
export { UnknownFunctionError } from './errors/schema.ts';
export { tellForeign } from './language/durable-promise.ts';
export { deadline } from './language/duration.ts';
export { decode as decodeCopy, decodeLive, encode as encodeCopy } from './machine/bytes.ts';
export { capture, captureStart, release } from './machine/copy.ts';
export type { EffectCall } from './machine/effect-call.ts';
export { reasonBytes } from './machine/failure.ts';
export type { PendingInspection } from './machine/inspect.ts';
export { KeptLog } from './machine/kept-log.ts';
export { hash } from './machine/key.ts';
export { readLog, settledOf } from './machine/log.ts';
export { logRules } from './machine/log-options.ts';
export { Machine } from './machine/machine.ts';
export type { ChildStart, Event, Turn } from './machine/turn.ts';
export { type Clock, realClock } from './ports/clock.ts';
export { differenceOf } from './ports/store.ts';
export { durable } from './registry/functions.ts';
export { handlerMap } from './registry/handlers.ts';
export { shared } from './registry/shared.ts';
export { isQuestion, sent, validated, validatedByName } from './registry/topics.ts';
export { type Input, inputBytes, resultBytes } from './worker/stored.ts';
