import { PerdureError } from '../errors/error.ts';
import { InvariantError } from '../errors/internal.ts';
import { DivergenceError, LogPrunedError } from '../errors/log.ts';
import { SchemaMismatchError } from '../errors/schema.ts';
import type { Blocked } from './stored.ts';

/** Why a run was set aside, from the error that said so. */
export function blockedBy(error: unknown): Blocked {
	if (SchemaMismatchError.is(error)) {
		const { code, message, help, differences } = error;
		return { code, message, help, differences };
	}
	if (PerdureError.is(error)) return { code: error.code, message: error.message, help: error.help };
	const stack = error instanceof Error ? (error.stack ?? error.message) : String(error);
	const broken = new InvariantError({ broken: stack });
	return { code: broken.code, message: broken.message, help: broken.help };
}

/** Why a run that does not fit could not be moved either: what is missing, and the ways out. */
export function blockedByMove(error: unknown, misfit: unknown): Blocked {
	if (!LogPrunedError.is(error) && !DivergenceError.is(error)) return blockedBy(error);
	const fit = blockedBy(misfit);
	const { code, message } = blockedBy(error);
	const more = LogPrunedError.is(error)
		? "keep more of the log of later runs (log: 'all', or mark() where a loop goes on)"
		: 'let the code do what the log has, in its order';
	return {
		...fit,
		code,
		message: `${message} It was to be replayed, because: ${fit.message}`,
		help: `${more}; or ${fit.help}`,
	};
}
