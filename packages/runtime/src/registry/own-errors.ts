/** Our own errors are caught, kept over awaits and logged like the user's: they are value types too. */
import * as effect from '../errors/effect.ts';
import { PerdureError } from '../errors/error.ts';
import * as internal from '../errors/internal.ts';
import * as log from '../errors/log.ts';
import * as run from '../errors/run.ts';
import * as saving from '../errors/saving.ts';
import * as schema from '../errors/schema.ts';
import * as store from '../errors/store.ts';
import { type ClassLike, serializable } from './classes.ts';

/** Registers every error class of ours under `perdure#<name>`. */
export function registerOwnErrors(): void {
	for (const module of [effect, internal, log, run, saving, schema, store])
		for (const [name, Class] of Object.entries(module) as [string, ClassLike<PerdureError>][])
			if (Class.prototype instanceof PerdureError) serializable(Class, undefined, { id: `perdure#${name}` });
}
