/**
 * Does the turn that is computed now have something in place of calls that are not awaited where they stand: a log
 * that answers them, or handlers? Emitted code asks that at each such call, so it is a field and not a call.
 */
export const interposing: { on: boolean } = { on: false };
