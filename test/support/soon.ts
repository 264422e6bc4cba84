/**
 * How long a test waits for what must come (ms), as long as no test is about that time: a machine that is held up for
 * seconds fails none. Only a failure takes so long, and is told by name before the test's own time is up.
 */
export const SOON = { timeout: 30_000 } as const;
