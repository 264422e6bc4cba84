// Inside durable functions

// Continuations, no store needed
export { Continuation, type Outcome, type RunOptions } from './continuation.ts';
// Effects
export { currentEffect, type EffectContext } from './driver/effects.ts';
export type { Duration } from './language/duration.ts';
export type { FrameInspection, Inspection, PendingInspection } from './machine/inspect.ts';
export type { LogEntry, LogKind } from './machine/log.ts';
export { currentRun, receive, setProgress, sleep, suspend, type WaitOptions } from './primitives.ts';
export { type Handler, replace } from './registry/handlers.ts';
export { migrate } from './registry/migrations.ts';
export { run } from './run.ts';
