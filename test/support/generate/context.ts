/**
 * What a generated piece of program may refer to. Values are typed loosely (a `num` may turn out to
 * be NaN or undefined), just enough that most programs do more than throw TypeErrors.
 */
import type { Random } from './random.ts';

/** `any` is everything else that is data, and data that holds other data. */
export type Type = 'num' | 'str' | 'arr' | 'obj' | 'maybe' | 'map' | 'set' | 'any' | 'thunks' | Handle;

/**
 * Values that are used in ways of their own, never as data: iterators, generators, instances, promises
 * that settle by themselves, functions that settle another.
 */
export type Handle = 'iterator' | 'generator' | 'asyncGenerator' | 'instance' | 'promise' | 'resolver';

export interface Variable {
	readonly name: string;
	readonly type: Type;
	readonly assignable: boolean;
}

/** What a program is made of; each program uses a random part, so that every mixture comes up. */
export interface Features {
	readonly closures: boolean;
	readonly asyncClosures: boolean;
	readonly chains: boolean;
	readonly patterns: boolean;
	readonly loops: boolean;
	readonly tries: boolean;
	readonly switches: boolean;
	readonly calls: boolean;
	readonly methods: boolean;
	readonly deadZones: boolean;
	readonly optional: boolean;
	readonly spies: boolean;
	readonly kinds: boolean;
	readonly classes: boolean;
	readonly arguments: boolean;
	readonly iterators: boolean;
	readonly generators: boolean;
	readonly asyncGenerators: boolean;
	readonly forAwait: boolean;
	readonly using: boolean;
	readonly instances: boolean;
	readonly accessors: boolean;
	/** Several fibers, each with effects, that share nothing. */
	readonly parallel: boolean;
	/** Several fibers that share variables; they wait for one another, never for an effect. */
	readonly fibers: boolean;
}

/** A lexical scope. Names are drawn from a small pool so that inner scopes shadow outer ones. */
export class Scope {
	readonly variables: Variable[] = [];
	/** Names that were looked up through this scope and found further out: declaring one now would put that use in the dead zone. */
	readonly passed = new Set<string>();
	readonly parent: Scope | null;
	/** Where `var` goes. */
	readonly home: Scope;

	constructor(parent: Scope | null, isFunction: boolean) {
		this.parent = parent;
		this.home = isFunction || parent === null ? this : parent.home;
	}

	/** Every variable that is visible from here, innermost first, shadowed ones left out. */
	visible(accept: (variable: Variable) => boolean): Variable[] {
		const found: Variable[] = [];
		const names = new Set<string>();
		for (let scope: Scope | null = this; scope; scope = scope.parent) {
			for (const variable of scope.variables) {
				if (names.has(variable.name)) continue;
				if (accept(variable)) found.push(variable);
			}
			for (const variable of scope.variables) names.add(variable.name);
		}
		return found;
	}

	markUsed(name: string): void {
		for (let scope: Scope | null = this; scope; scope = scope.parent) {
			if (scope.variables.some((variable) => variable.name === name)) return;
			scope.passed.add(name);
		}
	}

	canDeclare(name: string): boolean {
		return !this.passed.has(name) && !this.variables.some((variable) => variable.name === name);
	}
}

/** Something that `break` or `continue` can aim at. */
export interface Jump {
	readonly label: string | null;
	readonly kind: 'loop' | 'switch' | 'block';
}

/** A durable function of the program, or one that makes generators. */
export interface Callable {
	readonly makes?: 'generator' | 'asyncGenerator';
	readonly name: string;
	readonly parameters: readonly Type[];
	/** Called with a receiver: `object.name(...)`. */
	readonly call: string;
	readonly cost: number;
}

/** State of the function being written. */
export class Activation {
	/** Counters declared at the top of the function; they make conditions differ from turn to turn of a loop. */
	readonly counters: string[] = [];
	/** About how many statements one call executes. */
	cost = 0;
	/** The function may call itself here, with a smaller depth. */
	recursion: ((context: Context, deep: number) => string) | null = null;
}

/** Names are unique in a program unless drawn from the pool. */
export class Names {
	#tags = 0;
	#labels = 0;
	#counters = 0;
	#functions = 0;
	tag(prefix: string): string {
		return `${prefix}${++this.#tags}`;
	}
	label(): string {
		return `L${++this.#labels}`;
	}
	counter(): string {
		return `k${++this.#counters}`;
	}
	function(): string {
		return `f${++this.#functions}`;
	}
}

/** The families of nodes call one another through here, so that none imports another. */
export interface Makers {
	expression(context: Context, type: Type, deep: number): string;
	condition(context: Context, deep: number): string;
	/** An operand of `await`, in every form that passes the await position on. */
	awaited(context: Context, type: Type, deep: number): string;
	target(context: Context, type: Type, deep: number): string;
	declarationPattern(context: Context, deep: number, kind: 'let' | 'const' | 'var'): { head: string; init: string };
	assignmentPattern(context: Context, deep: number): string;
	statements(context: Context, count: number): string;
	block(context: Context, count: number): string;
	jump(context: Context): string;
	/** A promise of the run that settles without an effect. */
	promise(context: Context, deep: number): string;
}

export class Context {
	readonly random: Random;
	readonly features: Features;
	readonly names: Names;
	readonly make: Makers;
	readonly scope: Scope;
	readonly activation: Activation;
	readonly callables: readonly Callable[];
	/** `await` is allowed here. */
	readonly suspends: boolean;
	readonly jumps: readonly Jump[];
	/** Inside a `try` with `finally`, or its parts. */
	readonly shielded: boolean;
	/** What is thrown here is caught by the program. */
	readonly caught: boolean;
	/** How many levels of statements may still be opened. */
	readonly room: number;
	/** About how often this place is executed for each call of the function. */
	readonly times: number;
	/** `this` is an object of the run with a number `k`. */
	readonly hasThis: boolean;
	/** `arguments` are those of a durable function. */
	readonly hasArguments: boolean;
	/** Inside a nested function: kept closures are not called there, or they might call one another for ever. */
	readonly nested: boolean;
	/** `yield` is allowed here. */
	readonly yields: boolean;
	/** Put before tags: tells fibers apart that run the same code. */
	readonly prefix: string;
	/** What is started here may be left behind: this is code of the root. */
	readonly root: boolean;

	constructor(from: Omit<Context, 'with' | 'inner' | 'declare' | 'read' | 'counter' | 'spend' | 'tag' | 'affords'>) {
		this.random = from.random;
		this.features = from.features;
		this.names = from.names;
		this.make = from.make;
		this.scope = from.scope;
		this.activation = from.activation;
		this.callables = from.callables;
		this.suspends = from.suspends;
		this.jumps = from.jumps;
		this.shielded = from.shielded;
		this.caught = from.caught;
		this.room = from.room;
		this.times = from.times;
		this.hasThis = from.hasThis;
		this.hasArguments = from.hasArguments;
		this.nested = from.nested;
		this.yields = from.yields;
		this.prefix = from.prefix;
		this.root = from.root;
	}

	with(changes: Partial<Context>): Context {
		return new Context({ ...this, ...changes });
	}

	/** A nested block scope, one level deeper. */
	inner(changes: Partial<Context> = {}): Context {
		return this.with({ scope: new Scope(this.scope, false), room: this.room - 1, ...changes });
	}

	/** Declares a variable under a fresh name of the pool and returns the name. */
	declare(type: Type, options: { assignable?: boolean; isVar?: boolean } = {}): string {
		const scope = options.isVar ? this.scope.home : this.scope;
		const pool = options.isVar ? ['u', 'v', 'w'] : ['a', 'b', 'c', 'd', 'x', 'y', 'z', 'p', 'q', 's', 't', 'n', 'm'];
		const free = pool.filter((name) => scope.canDeclare(name));
		const name = free.length > 0 ? this.random.pick(free.slice(0, 5)) : this.names.tag('z');
		scope.variables.push({ name, type, assignable: options.assignable ?? true });
		return name;
	}

	/** A visible variable of the type, or null. */
	read(type: Type, forWriting = false): string | null {
		// A closure that runs a generator or a closure of its own might do so for ever.
		if (this.nested && (type === 'thunks' || type === 'generator' || type === 'asyncGenerator')) return null;
		const found = this.scope.visible((variable) => variable.type === type && (variable.assignable || !forWriting));
		if (found.length === 0) return null;
		const { name } = this.random.pick(found.slice(0, 6));
		this.scope.markUsed(name);
		return name;
	}

	counter(): string {
		const name = this.names.counter();
		this.activation.counters.push(name);
		return name;
	}

	tag(prefix = 't'): string {
		const tag = `'${this.names.tag(prefix)}'`;
		return this.prefix === '' ? tag : `${this.prefix} + ${tag}`;
	}

	/** Accounts for something that costs about `cost` statements each time. */
	spend(cost: number): void {
		this.activation.cost += cost * this.times;
	}

	affords(cost: number): boolean {
		return this.activation.cost + cost * this.times < 220;
	}
}
