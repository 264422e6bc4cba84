import type { FunctionDef } from '@perdure/abi';
import { SchemaMismatchError, UnknownFunctionError } from '../errors/schema.ts';
import { shared } from '../registry/shared.ts';

/** @throws UnknownFunctionError where no loaded module declares the id. */
export function functionOf(id: string): FunctionDef {
	const def = shared.functions.get(id);
	if (def === undefined) throw new UnknownFunctionError({ functionId: id });
	return def;
}

/** What a closure captures now, out of what it captured by name when it was saved. */
export function environmentFor(def: FunctionDef, names: readonly string[], values: readonly unknown[]): unknown[] {
	return (def.captures ?? []).map((name) => {
		const at = names.indexOf(name);
		if (at < 0) throw capturesDiffer(def, names);
		return values[at];
	});
}

function capturesDiffer(def: FunctionDef, was: readonly string[]): SchemaMismatchError {
	const is = def.captures ?? [];
	return new SchemaMismatchError({
		functionId: def.id,
		file: def.file,
		line: def.at[0],
		expected: `a ${def.kind === 'class' ? 'class' : 'closure'} over ${was.join(', ') || 'nothing'}`,
		found: `one over ${is.join(', ') || 'nothing'}`,
		differences: [...new Set([...was, ...is])]
			.filter((slot) => was.includes(slot) !== is.includes(slot))
			.map((slot) => ({ slot, was: was.includes(slot) ? slot : null, is: is.includes(slot) ? slot : null })),
		ways: ['deploy the code that it was saved by and let the run finish there'],
	});
}
