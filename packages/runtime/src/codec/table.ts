/** The kinds of one codec, ready for dispatch: by prototype, by value, by tag. Immutable once made. */
import { InvariantError } from '../errors/internal.ts';
import { type ClassEntry, classEntry, classOfPrototype, opaqueParent } from '../registry/classes.ts';
import type { AnyKind } from './kind.ts';

/** How an object of some prototype is written. */
export interface Route {
	readonly kind: AnyKind | 'object' | 'array';
	/** The registered class, when its own prototype is not that of the kind. */
	readonly entry: ClassEntry | undefined;
	/** Restored by the class's own hooks. */
	readonly hooked: boolean;
}

/** The kind of live things, in a codec that has one. */
export const RESOURCE = 'live-resource';

export class KindTable {
	readonly byTag = new Map<string, AnyKind>();
	readonly byValue = new Map<unknown, AnyKind>();
	readonly claimers: readonly AnyKind[];
	readonly symbol: AnyKind;
	readonly class: AnyKind;
	readonly hooked: AnyKind;
	readonly arguments: AnyKind;
	readonly template: AnyKind;
	readonly #routes = new Map<object, Route>();

	constructor(
		kinds: readonly AnyKind[],
		special: { symbol: AnyKind; class: AnyKind; hooked: AnyKind; arguments: AnyKind; template: AnyKind },
	) {
		this.symbol = special.symbol;
		this.class = special.class;
		this.hooked = special.hooked;
		this.arguments = special.arguments;
		this.template = special.template;
		for (const kind of [...kinds, ...Object.values(special)]) {
			if (this.byTag.has(kind.tag)) throw new InvariantError({ broken: `two kinds have the tag '${kind.tag}'` });
			this.byTag.set(kind.tag, kind);
			for (const value of kind.values ?? []) this.byValue.set(value, kind);
			for (const prototype of kind.prototypes ?? [])
				this.#routes.set(prototype, { kind, entry: undefined, hooked: false });
		}
		this.claimers = kinds.filter((kind) => kind.claims !== undefined);
		this.#routes.set(Object.prototype, { kind: 'object', entry: undefined, hooked: false });
		this.#routes.set(Array.prototype, { kind: 'array', entry: undefined, hooked: false });
	}

	/** How objects with this prototype are written; undefined when no kind and no registered class has it. */
	route(prototype: object): Route | undefined {
		return this.#routes.get(prototype) ?? this.#find(prototype);
	}

	/** The kind of a function or symbol, or of an object that no route is for. */
	claimed(value: unknown, host: unknown): AnyKind | undefined {
		if (this.byValue.size > 0) {
			const kind = this.byValue.get(value);
			if (kind !== undefined) return kind;
		}
		if (typeof value === 'symbol') return this.symbol;
		for (const kind of this.claimers) if (kind.claims!(value as object, host)) return kind;
		return typeof value === 'function' && classEntry(value) !== undefined ? this.class : undefined;
	}

	#find(prototype: object): Route | undefined {
		const entry = classOfPrototype(prototype);
		if (entry === undefined) return this.#foreign(prototype);
		// Not kept: a module that is evaluated again registers its classes again.
		if (entry.resource !== undefined) {
			const kind = this.byTag.get(RESOURCE);
			return kind && { kind, entry: undefined, hooked: false };
		}
		if (entry.hooks !== undefined) return { kind: this.hooked, entry, hooked: true };
		if (entry.hidden === true || (entry.made === true && opaqueParent(prototype) !== undefined)) return undefined;
		for (let p = Object.getPrototypeOf(prototype); p !== null; p = Object.getPrototypeOf(p)) {
			const base = this.#routes.get(p) ?? (classOfPrototype(p) === undefined ? this.#foreign(p) : undefined);
			if (base === undefined) continue;
			if (typeof base.kind !== 'string' && base.kind.open !== true) return undefined;
			return { kind: base.kind, entry, hooked: false };
		}
		return { kind: 'object', entry, hooked: false };
	}

	/** Built-ins of another realm (a vm context, a test runner's sandbox) are the same types; they come back as ours. */
	#foreign(prototype: object): Route | undefined {
		const base = hostErrorBase(prototype);
		if (base !== undefined) return this.#routes.get(base) ?? this.#foreign(base);
		const made: unknown = Object.getOwnPropertyDescriptor(prototype, 'constructor')?.value;
		if (typeof made !== 'function') return undefined;
		if (made.prototype !== prototype || !NATIVE.test(Function.prototype.toString.call(made))) return undefined;
		const ours: unknown = Object.getOwnPropertyDescriptor(globalThis, made.name)?.value;
		if (typeof ours !== 'function' || ours === made) return undefined;
		return this.#routes.get(ours.prototype);
	}
}

const NATIVE = /^function \w+\(\) \{\s*\[native code\]\s*\}$/;

/**
 * Node throws errors of classes that nobody can name, and so nobody can register: its own hide behind
 * an accessor `constructor`, those of `fetch` carry a mark. They come back as the built-in they extend,
 * with their own properties.
 */
function hostErrorBase(prototype: object): object | undefined {
	const d = Object.getOwnPropertyDescriptor(prototype, 'constructor');
	const marked = Object.getOwnPropertySymbols(prototype).some((s) => s.description?.startsWith('undici.error.'));
	const hidden = d?.get !== undefined || (typeof d?.value === 'function' && d.value.name === 'NodeError');
	return marked || hidden ? (Object.getPrototypeOf(prototype) ?? undefined) : undefined;
}
