/** Values as what is written of them, so that two can be compared whose content no property shows. */
import { Codec } from './codec.ts';
import type { AnyKind } from './kind.ts';
import { hooked } from './kinds/classes.ts';
import { headers, searchParams, temporal, url } from './kinds/web.ts';

/** No name that a subclass may have given to a property of its own. */
const PARTS = Symbol('parts');

class Written {
	[PARTS]: readonly unknown[];

	constructor(parts: readonly unknown[]) {
		this[PARTS] = parts;
	}
}

/** Those whose instances keep their content where nothing that compares properties finds it. */
const HIDING: ReadonlySet<AnyKind | undefined> = new Set([hooked, url, searchParams, headers, temporal]);

function asWritten(kind: AnyKind): AnyKind {
	if (!HIDING.has(kind)) return kind;
	const { brings: _, ...rest } = kind;
	return {
		...rest,
		make: (parts) => new Written(parts),
		fill(value: Written, parts) {
			value[PARTS] = parts;
		},
	};
}

let codec: Codec | undefined;

/**
 * A copy in which properties show all that is saved: what the hooks of a class say in place of its instance, the text
 * of a URL, the entries of `Headers`.
 * @throws NotSerializableError
 */
export function comparable(value: unknown): unknown {
	codec ??= new Codec([], asWritten);
	return codec.decode(codec.encode(value));
}
