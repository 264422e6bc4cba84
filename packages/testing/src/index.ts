export { NotSettledError } from '@perdure/runtime/simulation';
export type { TestRun } from './run.ts';
export type { Ended, Standing } from './standing.ts';
export { type TestRunOptions, testRun } from './test-run.ts';
