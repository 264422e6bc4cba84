/** Names for emitted code that collide with nothing in the program. */
import * as t from '@babel/types';

export interface Names {
	/** `base`, or `base$1`, `base$2`, ...; never given twice. */
	pick(base: string): string;
}

export function createNames(taken: Iterable<string>): Names {
	const used = new Set(taken);
	return {
		pick(base) {
			let name = base;
			for (let n = 1; used.has(name); n++) name = `${base}$${n}`;
			used.add(name);
			return name;
		},
	};
}

/** Every plain name in a program, whatever it refers to. */
export function namesIn(node: t.Node): Set<string> {
	const names = new Set<string>();
	t.traverseFast(node, (inner) => {
		if (inner.type === 'Identifier' || inner.type === 'JSXIdentifier') names.add(inner.name);
	});
	return names;
}

/** A name made of a name path: `Checkout.run` -> `Checkout$run`. */
export function baseName(path: string): string {
	const name = path.replaceAll(/[^\p{ID_Continue}$]+/gu, '$');
	return /^[\p{ID_Start}$_]/u.test(name) ? name : `_${name}`;
}
