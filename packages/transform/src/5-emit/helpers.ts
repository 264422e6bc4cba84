/** The runtime helpers that a file uses, and the statement that brings them in. */

import type * as t from '@babel/types';
import { HELPERS, HELPERS_MODULE } from '@perdure/abi';
import { broken } from '../invariant.ts';
import { call, declare, id, str } from './build.ts';
import type { Names } from './names.ts';

export type SourceType = 'module' | 'commonjs' | 'script';

export interface Helpers {
	/** The local name of a helper; it is imported from then on. */
	use(name: string): t.Identifier;
	/** Null when none was used. */
	statement(sourceType: SourceType): t.Statement | null;
}

export function createHelpers(names: Names): Helpers {
	const locals = new Map<string, string>();
	const known: readonly string[] = HELPERS;
	return {
		use(name) {
			if (!known.includes(name)) broken(`emitted code asks for a helper '${name}' that there is not`);
			let local = locals.get(name);
			if (local === undefined) {
				local = names.pick(`_${name}`);
				locals.set(name, local);
			}
			return id(local);
		},
		statement(sourceType) {
			if (locals.size === 0) return null;
			return sourceType === 'module' ? importOf(locals) : requireOf(locals, sourceType);
		},
	};
}

function importOf(locals: ReadonlyMap<string, string>): t.Statement {
	const specifiers = [...locals].map(([name, local]) => ({
		type: 'ImportSpecifier',
		imported: id(name),
		local: id(local),
	}));
	return {
		type: 'ImportDeclaration',
		specifiers,
		source: str(HELPERS_MODULE),
		attributes: [],
	} as unknown as t.ImportDeclaration;
}

function requireOf(locals: ReadonlyMap<string, string>, sourceType: SourceType): t.Statement {
	const properties = [...locals].map(([name, local]) => ({
		type: 'ObjectProperty',
		key: id(name),
		value: id(local),
		computed: false,
		shorthand: false,
	}));
	const pattern = { type: 'ObjectPattern', properties } as unknown as t.ObjectPattern;
	// Scripts share one scope of `const`s: two compiled ones must not clash.
	const kind = sourceType === 'script' ? 'var' : 'const';
	return declare(kind, [[pattern, call(id('require'), [str(HELPERS_MODULE)])]]);
}
