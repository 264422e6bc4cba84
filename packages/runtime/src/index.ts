// Inside durable functions

// The engine
export type { WaitLimits } from './client/changes.ts';
export type { Description, RunSummary, Status, Waiting } from './client/describe.ts';
export { createEngine, type Engine, type EngineOptions, type ListFilter, type StartOptions } from './client/engine.ts';
export { type FunctionRef, functionRef } from './client/function-ref.ts';
export type { RunHandle } from './client/handle.ts';
export type { Ended, EngineOutcome } from './client/outcome.ts';
export type { ContinuationView } from './client/view.ts';

// Continuations, no store needed
export { Continuation, type Outcome, type RunOptions } from './continuation.ts';
// Effects
export { currentEffect, type EffectContext } from './driver/effects.ts';
export type { Duration } from './language/duration.ts';
export type { FrameInspection, Inspection, PendingInspection } from './machine/inspect.ts';
export type { LogEntry, LogKind } from './machine/log.ts';
export type { Store } from './ports/store.ts';
export { currentRun, receive, setProgress, sleep, suspend, type WaitOptions } from './primitives.ts';
export { type Handler, replace } from './registry/handlers.ts';
export { migrate } from './registry/migrations.ts';
export { run } from './run.ts';
export type { WorkerOptions } from './worker/worker.ts';
