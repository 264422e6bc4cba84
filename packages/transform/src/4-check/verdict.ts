/**
 * May values of a type be saved? The answer is a list of what is in the way, each with the path to it:
 * empty when nothing is.
 *
 * A type is a graph, often with cycles, sometimes infinite: it is searched breadth first, each type once.
 * So what was met before is taken to be savable (were it not, the search would say so from there), the
 * path that is named is the shortest, and of equal ones the first declared. A generic type that grows
 * without end (`interface Nest<T> { inner: Nest<T[]> }`) is left where it has met itself `GROWN` times.
 */
import { LIVE_HELP, NAMESPACE_HELP, REFUSED } from '@perdure/abi';
import type { Classes } from './classes.ts';
import { hostName, isIteratorRow, isLive, isOfHost, liveHelp, unsavableType, wireType } from './host-types.ts';
import { LIFTABLE, type Obstacle, type ObstacleKind } from './obstacle.ts';
import { propertyPath } from './property-path.ts';
import { runtimeName } from './runtime-names.ts';
import type { Property, Type, TypeSymbol } from './type-model.ts';

export interface Verdicts {
	/** What keeps values of a type from being saved. */
	obstacles(type: Type): readonly Obstacle[];
	/** Is its iterator one that the runtime knows: of a collection, a string, or an iterator of the language's? */
	isKeptByLoops(type: Type): boolean;
}

/** A type on the way to which a search has come. */
interface Visit {
	readonly type: Type;
	readonly from: Visit | null;
	readonly path: string;
	readonly key: string | null;
	/** It is what a hook gives: only what can surely not be saved counts of it. */
	readonly given: boolean;
}

const GROWN = 20;
/** Types in one search: far more than any written type has, and no more than a blink. */
const MOST = 5_000;
/** Obstacles in one list. Those that their origin may remove are asked about one by one. */
const LISTED = 50;

export function createVerdicts(classes: Classes): Verdicts {
	const known = new Map<Type, readonly Obstacle[]>();
	const obstaclesOf = (type: Type): readonly Obstacle[] => {
		const { found } = new Search(classes, clear, 'once').of(type);
		if (found.length === 0 || found.some(({ liftable }) => !liftable)) return found;
		// Each way to a function is asked about by itself: that one was made here says nothing of the next.
		const ways = new Search(classes, clear, 'every way').of(type);
		return ways.whole ? ways.found : ways.found.map((each) => ({ ...each, liftable: false }));
	};
	/** Nothing reachable from these is in the way. */
	const clear = new Set<Type>();
	return {
		obstacles(type) {
			let found = known.get(type);
			if (found === undefined) {
				found = obstaclesOf(type);
				known.set(type, found);
			}
			return found;
		},
		isKeptByLoops(type) {
			if (type.kind !== 'object') return type.kind === 'primitive' || type.kind === 'any' || type.kind === 'never';
			const name = hostName(type.symbol());
			return type.tuple || (name !== undefined && KEPT_BY_LOOPS.test(name));
		},
	};
}

class Search {
	private readonly classes: Classes;
	private readonly clear: Set<Type>;
	private readonly mode: 'once' | 'every way';
	private readonly met = new Set<Type>();
	private readonly queue: Visit[] = [];
	readonly found: Obstacle[] = [];
	/** Nothing was left out. */
	whole = true;

	constructor(classes: Classes, clear: Set<Type>, mode: 'once' | 'every way') {
		this.classes = classes;
		this.clear = clear;
		this.mode = mode;
	}

	of(type: Type): this {
		this.reach(type, null, '', null);
		let at = 0;
		for (; at < this.queue.length && at < MOST && this.found.length < LISTED; at++) this.visit(this.queue[at]!);
		if (at < this.queue.length) this.whole = false;
		if (this.found.length === 0 && this.whole) for (const each of this.met) this.clear.add(each);
		return this;
	}

	private reach(type: Type, from: Visit | null, path: string, key: string | null): void {
		if (this.clear.has(type)) return;
		if (this.mode === 'once') {
			if (this.met.has(type)) return;
			this.met.add(type);
		} else if (isOnWay(type, from)) {
			this.whole = false;
			return;
		}
		this.queue.push({ type, from, path: (from?.path ?? '') + path, key, given: from?.given ?? false });
	}

	/** The same value under another type: its parts, its bound. */
	private same(type: Type, from: Visit): void {
		this.reach(type, from, '', null);
	}

	private add(at: Visit, kind: ObstacleKind, what: string, help: string): void {
		const keys: string[] = [];
		for (let each: Visit | null = at; each; each = each.from) if (each.key !== null) keys.unshift(each.key);
		if (at.given && kind !== 'value' && kind !== 'class') return;
		const liftable = LIFTABLE.has(kind);
		this.found.push({ kind, path: at.path, keys, type: at.type, liftable, what, help });
	}

	private visit(at: Visit): void {
		const { type } = at;
		if (isSerializable(type.alias()) || isReference(type.symbol())) return;
		switch (type.kind) {
			case 'primitive':
			case 'never':
				return;
			case 'any':
			case 'unknown':
			case 'non-primitive':
				this.unknown(at, type.kind === 'any' ? ANY : UNKNOWN);
				return;
			case 'union':
				for (const part of type.parts()) this.same(part, at);
				return;
			case 'intersection':
				this.intersection(at);
				return;
			case 'parameter':
				if (this.classes.isBoundBySerializable(type)) return;
				this.bound(at, PARAMETER);
				return;
			case 'deferred':
				if (type.parts().length > 0) for (const part of type.parts()) this.same(part, at);
				else this.bound(at, UNKNOWN);
				return;
			case 'object':
				this.object(at);
		}
	}

	private unknown(at: Visit, help: string): void {
		this.add(at, 'unknown', REFUSED.type(at.type.text()), help);
	}

	private bound(at: Visit, help: string): void {
		const bound = at.type.constraint();
		if (bound === undefined || bound.kind === 'unknown' || bound.kind === 'any') this.unknown(at, help);
		else this.same(bound, at);
	}

	/** `string & { __brand: 'id' }` is a string; `T & {}` is a T that is there. */
	private intersection(at: Visit): void {
		const parts = at.type.parts();
		if (parts.some(({ kind }) => kind === 'primitive')) return;
		const telling = parts.filter((part) => part.kind !== 'non-primitive' && !isEmpty(part));
		for (const part of telling.length > 0 ? telling : parts) this.same(part, at);
	}

	private object(at: Visit): void {
		const { type } = at;
		if (type.tuple) {
			for (const [index, element] of type.typeArguments().entries()) this.reach(element, at, `[${index}]`, '[]');
			return;
		}
		const symbol = type.symbol();
		if (symbol !== undefined && this.hasGrown(at, symbol)) return;
		const host = hostName(symbol);
		if (symbol !== undefined && host !== undefined && this.host(at, symbol, host)) return;
		if (isCallable(type)) {
			const name = symbol !== undefined && !symbol.name.startsWith('__') ? symbol.name : '';
			const isClass = type.constructSignatures().length > 0 && name !== '';
			this.add(at, 'function', isClass ? REFUSED.class(name) : REFUSED.function(name), FUNCTION);
			return;
		}
		const declared = symbol?.declarations() ?? [];
		if (declared.some(({ kind }) => kind === 'module')) {
			this.add(at, 'namespace', REFUSED.namespace, NAMESPACE_HELP);
			return;
		}
		const made = declared.some(({ kind }) => kind === 'class');
		// `interface Client {}` beside `declare const Client: { new (): Client }` is a class, too.
		const hasValue = declared.some(({ kind }) => kind === 'variable');
		if (symbol !== undefined && (made || (hasValue && this.classes.isRegistered(symbol)))) this.instance(at, symbol);
		else this.structure(at);
	}

	/** A generic type on a way that leads through ever new instances of itself. */
	private hasGrown(at: Visit, symbol: TypeSymbol): boolean {
		let times = 0;
		for (let each = at.from; each; each = each.from) if (each.type.symbol() === symbol) times++;
		return times >= GROWN;
	}

	/** False where its structure is all there is to it. */
	private host(at: Visit, symbol: TypeSymbol, name: string): boolean {
		const { type } = at;
		const never = unsavableType(name);
		if ((never?.kind === 'value' || isLive(type, symbol)) && !wireType(name) && this.classes.isRegistered(symbol)) {
			this.instance(at, symbol);
			return true;
		}
		if (never !== undefined) {
			const what = never.kind === 'promise' ? REFUSED.promise : REFUSED.type(type.text());
			this.add(at, never.kind, what, never.help);
			return true;
		}
		const row = wireType(name);
		if (row === undefined) {
			if (isCallable(type)) return false;
			if (this.ofBase(at)) return true;
			if (!isLive(type, symbol)) return false;
			this.add(at, 'value', REFUSED.type(type.text()), liveHelp(type));
			return true;
		}
		if (isIteratorRow(row)) {
			this.add(at, 'iterator', REFUSED.type(type.text()), unsavableType('Iterator')!.help);
			return true;
		}
		if (name === 'Object') this.unknown(at, UNKNOWN);
		if (row.content === 'type arguments') this.contents(at, name);
		else if (/Array$|^DataView$/.test(name)) this.buffer(at);
		return true;
	}

	/** `Uint8Array` alone says that it may share its memory, and hardly ever does: only what says that it surely does counts. */
	private buffer(at: Visit): void {
		const [buffer] = at.type.typeArguments();
		if (buffer && hostName(buffer.symbol()) === 'SharedArrayBuffer') this.reach(buffer, at, '.buffer', 'buffer');
	}

	/** What a collection holds. */
	private contents(at: Visit, name: string): void {
		const parts = at.type.typeArguments();
		if (/Map$/.test(name)) {
			this.reach(parts[0]!, at, '.keys()[0]', '[]');
			this.reach(parts[1]!, at, '.get(key)', '[]');
		} else for (const part of parts) this.reach(part, at, /Set$/.test(name) ? '.values()[0]' : '[0]', '[]');
	}

	/** An interface that extends one of the host's: false where that says nothing. */
	private ofBase(at: Visit): boolean {
		for (const base of at.type.bases()) {
			const symbol = base.symbol();
			const name = hostName(symbol);
			if (symbol === undefined || name === undefined) continue;
			const row = wireType(name);
			if (row !== undefined && !isIteratorRow(row)) {
				// What it holds is told by what indexes it: the arguments of a base are those of its declaration.
				for (const element of at.type.indexTypes()) this.reach(element, at, '[0]', '[]');
				this.properties(at, (property) => !property.declarations().every(isOfHost));
				return true;
			}
			const never = unsavableType(name);
			if (never !== undefined || isLive(base, symbol)) {
				const live = never === undefined || never.kind === 'value';
				const help = live ? liveHelp(at.type, never?.help) : never.help;
				this.add(at, never?.kind ?? 'value', REFUSED.type(at.type.text()), help);
				return true;
			}
		}
		return false;
	}

	private instance(at: Visit, symbol: TypeSymbol): void {
		const standing = this.classes.standingOf(at.type, symbol);
		if (standing.kind === 'described') {
			if (standing.gives && !at.given)
				this.queue.push({ type: standing.gives, from: at, path: at.path, key: null, given: true });
			return;
		}
		if (standing.kind === 'refused') {
			this.add(at, 'class', standing.what, standing.help);
			return;
		}
		if (standing.kind === 'plain' && standing.made) this.add(at, 'made', REFUSED.class(symbol.name), FUNCTION);
		// Its methods and accessors are its prototype's; what a built-in keeps is saved with it.
		this.properties(
			at,
			({ kind, declarations }) => kind === 'property' && !(declarations().length > 0 && declarations().every(isOfHost)),
		);
		for (const element of at.type.indexTypes()) this.reach(element, at, '[0]', '[]');
	}

	private structure(at: Visit): void {
		const { type } = at;
		if (isEmpty(type)) {
			this.unknown(at, UNKNOWN);
			return;
		}
		if (this.ofBase(at)) return;
		// Its type is `any`, and it is what a catch clause catches: nearly always an Error.
		const thrown = hostName(type.symbol()) === 'PromiseRejectedResult' ? 'reason' : null;
		this.properties(at, ({ name }) => name !== thrown);
		for (const each of type.indexTypes()) this.reach(each, at, '[key]', '[]');
	}

	private properties(at: Visit, counts: (property: Property) => boolean): void {
		for (const property of at.type.properties()) {
			if (!counts(property)) continue;
			// `{ async run() { 'use durable'; … } }`, which `this` is in there.
			if (at.type.objectLiteral && property.declarations().some((each) => this.classes.isDurableFunction(each)))
				continue;
			const { name, kind } = property;
			const path = propertyPath(name);
			if (kind === 'accessor' && at.type.objectLiteral) {
				const accessor: Visit = { ...at, type: property.type(), from: at, path: at.path + path, key: name };
				this.add(accessor, 'accessor', 'an accessor', ACCESSOR);
			} else if (kind === 'method') {
				const method: Visit = { ...at, type: property.type(), from: at, path: at.path + path, key: name };
				this.add(method, 'function', REFUSED.function(name), at.type.objectLiteral ? FUNCTION : METHOD);
			} else this.reach(property.type(), at, path, name);
		}
	}
}

function isOnWay(type: Type, from: Visit | null): boolean {
	for (let each = from; each; each = each.from) if (each.type === type) return true;
	return false;
}

/** Of what nothing is known of. */
export const ANY =
	'give it a type: what it is decides whether it can be saved. The option "any": "allow" leaves that to running';
/** Of what a check could tell more of, where there is a place for one. */
export const UNKNOWN = `narrow it before the await (typeof, instanceof, a check of its shape), or give it a type. The option "any": "allow" leaves that to running`;
const PARAMETER = 'say what it may be: <T extends Serializable>, imported from @perdure/runtime, or another constraint';
const FUNCTION = unsavableType('Function')!.help;
const METHOD = `${LIVE_HELP}. Plain data has no methods: keep its properties ({ ...it }) where they are all that is needed`;
const ACCESSOR = 'assign the value instead of defining a getter, or register a class whose hooks say what is saved';

/** `{}`: anything but null and undefined. An empty literal is an empty object, and a named interface what it says. */
function isEmpty(type: Type): boolean {
	if (type.kind !== 'object' || type.tuple || type.objectLiteral) return false;
	// What is left by a rest pattern is declared by the pattern's variable, and an object that was made there.
	const named = type
		.symbol()
		?.declarations()
		.some(({ kind }) => /^(interface|class|enum|variable|parameter)$/.test(kind));
	if (named === true || type.properties().length > 0 || type.indexTypes().length > 0) return false;
	return !isCallable(type);
}

/** What is written as an object has properties, and nothing to call it by: TypeScript need not be asked. */
function isCallable(type: Type): boolean {
	if (type.objectLiteral) return false;
	return type.callSignatures().length > 0 || type.constructSignatures().length > 0;
}

/** `Serializable<T>` of the runtime: what is not savable in it is `never`. */
function isSerializable(alias: TypeSymbol | undefined): boolean {
	return alias?.name === 'Serializable' && runtimeName(alias) !== undefined;
}

/** `FunctionRef` of the runtime: an id; the function in it is there only for types. */
function isReference(symbol: TypeSymbol | undefined): boolean {
	return symbol?.name === 'FunctionRef' && runtimeName(symbol) !== undefined;
}

const KEPT_BY_LOOPS = /Array$|^(Readonly)?(Map|Set)$|^(Buffer|String|IArguments)$|Iterator(Object)?$|Generator$/;
