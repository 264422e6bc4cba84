export { NotSettledError } from '@perdure/runtime/simulation';
export type { Ended, Standing } from './standing.ts';
export { type TestRun, type TestRunOptions, testRun } from './test-run.ts';
