import { PerdureError } from '../errors/error.ts';
import { InvariantError } from '../errors/internal.ts';
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
