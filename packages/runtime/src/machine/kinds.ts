import { Codec } from '../codec/codec.ts';
import { expect, type Kind, PENDING } from '../codec/kind.ts';
import { Refusal } from '../codec/refusal.ts';
import { UnknownFunctionError } from '../errors/schema.ts';
import { asyncGeneratorStateOf } from '../language/async-generator.ts';
import type { AsyncGeneratorState } from '../language/async-generator-state.ts';
import { Cell, TDZ, type Uninitialised } from '../language/binding.ts';
import { type GeneratorState, generatorStateOf } from '../language/generator.ts';
import { classEntry } from '../registry/classes.ts';
import { closure, DEFINITION, type Defined, definitionOf, ENV } from '../registry/functions.ts';
import { madeOf, methodOf } from '../registry/made-classes.ts';
import { moduleName, namedValue } from '../registry/modules.ts';
import { Owner } from '../registry/owner.ts';
import type { Closed } from '../registry/resources.ts';
import { type Callable, shared } from '../registry/shared.ts';
import { CLASS_KINDS } from './class-kinds.ts';
import { environmentFor, functionOf } from './definitions.ts';
import type { Fiber } from './fiber.ts';
import { MutableSavedFrame } from './fit.ts';
import { Frame } from './frame.ts';
import { FrameHead, layoutOf } from './frame-head.ts';
import { FrameLog } from './frame-log.ts';
import { GENERATOR_KINDS } from './generator-kinds.ts';
import { intrinsicNamed, nameOfIntrinsic } from './intrinsics.ts';
import { ITERATOR_KINDS } from './iterator-kinds.ts';
import { passLive, takeLive } from './live.ts';
import { liveKind } from './live-kind.ts';
import type { LogRecord } from './log.ts';
import { namespaceKind } from './namespace-kind.ts';
import type { Savable } from './pending.ts';
import { atOf, nameOfSlot, pointOf } from './point.ts';
import { PROMISE_KINDS } from './promise-kinds.ts';
import { resourcesKind } from './resource-kinds.ts';
import { RUN_KINDS } from './run-kinds.ts';
import type { RunState } from './run-state.ts';
import type { Handlers } from './stand-in.ts';
import { STEP_KINDS } from './step-kinds.ts';
import { THUNK_KINDS, type Thunk } from './thunk-kinds.ts';

/** A list of values with names for the paths in errors: what an effect is called with. */
export class Operands {
	values: readonly unknown[];
	readonly names: readonly string[];

	constructor(values: readonly unknown[], names: readonly string[] = []) {
		this.values = values;
		this.names = names;
	}
}

const NO_HANDLERS: Handlers = new Map();

/** What the kinds are asked for: a saved state, or a copy at the border of a run. One for each encoding or decoding. */
export class Host {
	/** Copies at the border pass closures as they are: they are collected here. Null when a state is saved. */
	readonly live: unknown[] | null;
	/** Values of thunks, in the order they are met: while hot the first value is used, and nothing is made again. */
	readonly firsts: unknown[];
	/** Decoding: values that thunks made. */
	readonly remade = new Map<unknown, Thunk>();
	/** Decoding: are thunks run? Only for the arguments of an effect that is about to be performed. */
	readonly thunks: 'run' | 'skip' | 'refuse';
	/** Decoding: what these say is called in place of what a thunk calls. */
	readonly handlers: Handlers;
	/** Decoding: what a thunk threw. It is the user's code, and nothing is wrong with the bytes. */
	thrown: { readonly error: unknown } | null = null;
	/** Encoding: what keys of the run begin with, and the log that is kept with the state. */
	readonly keys: string;
	readonly log: readonly LogRecord[] | null;
	/** Decoding: of the closures that are made. */
	readonly owner = new Owner();
	/** Encoding: the resources that were met. */
	readonly held: object[] = [];
	/** The closed resources that were met. Decoding: in order, and in that order what was opened of them, with holes for the others. */
	readonly closed: Closed[] = [];
	readonly opened: readonly object[] | undefined;
	/** Decoding: the run, and the first links of its fibers and of what is pending. */
	run: { state: RunState; fiber: Fiber | null; pending: Savable | null; log: LogRecord[] | null } | null = null;
	/** Decoding: generators whose frames are still to be found their place. */
	readonly parked: (readonly [generator: GeneratorState | AsyncGeneratorState, frame: MutableSavedFrame])[] = [];
	/** Decoding: entries that iterators had to walk past so far. */
	walked = 0;

	constructor(
		o: {
			live?: unknown[] | null;
			firsts?: unknown[];
			thunks?: Host['thunks'];
			handlers?: Handlers;
			keys?: string;
			log?: readonly LogRecord[] | null;
			opened?: readonly object[] | undefined;
		} = {},
	) {
		this.opened = o.opened;
		this.keys = o.keys ?? '';
		this.log = o.log ?? null;
		this.live = o.live ?? null;
		this.firsts = o.firsts ?? [];
		this.thunks = o.thunks ?? 'refuse';
		this.handlers = o.handlers ?? NO_HANDLERS;
	}

	/** Decoding: what is still closed. */
	get unopened(): Closed[] {
		return this.closed.filter((_, i) => this.opened?.[i] === undefined);
	}
}

/** A captured variable. Its path is that of whoever holds it. */
const cell: Kind<Cell, Host> = {
	tag: 'cell',
	prototypes: [Cell.prototype],
	take: (value) => [value.v],
	label: () => '',
	make: ([v]) => new Cell(v === PENDING ? undefined : v),
	fill(value, [v]) {
		value.v = v;
	},
};

const uninitialised: Kind<Uninitialised, Host> = {
	tag: 'tdz',
	values: [TDZ],
	take: () => [],
	make: () => TDZ,
};

const isClosure = (value: object) =>
	typeof value === 'function' &&
	Object.hasOwn(value, ENV) &&
	methodOf(value) === undefined &&
	madeOf(value) === undefined;

/** Functions that belong to the run: closures, classes and their methods. */
const isOfRun = (value: object) =>
	typeof value === 'function' && ((value as Defined)[ENV] !== undefined || methodOf(value) !== undefined);

/** A closure or a generator of the run at the border: the callee gets the very same one. */
const live: Kind<object, Host> = {
	tag: 'live',
	claims: (value, host) =>
		host.live !== null &&
		(isOfRun(value) || generatorStateOf(value) !== undefined || asyncGeneratorStateOf(value) !== undefined),
	take: (value, host) => [passLive(value, host.live!)],
	make([index], host) {
		expect(host.live !== null, 'a live value in a state');
		return takeLive(index, host.live);
	},
};

/** Own properties that a closure has by being made. */
const OF_FUNCTIONS: ReadonlySet<string | symbol> = new Set([
	'length',
	'name',
	'prototype',
	'arguments',
	'caller',
	DEFINITION,
	ENV,
]);

/** Each making of a function that may be called by `new` makes such an object: it is not saved. */
function hasChangedPrototype(value: Callable): boolean {
	if (!Object.hasOwn(value, 'prototype')) return false;
	const { prototype } = value as { prototype: unknown };
	if (!isObject(prototype) || Object.getPrototypeOf(prototype) !== Object.prototype) return true;
	const keys = Reflect.ownKeys(prototype);
	return keys.length !== 1 || Object.getOwnPropertyDescriptor(prototype, 'constructor')?.value !== value;
}

/** A closure in a saved state: which function expression, and what it captures by name. */
const closureKind: Kind<Callable, Host> = {
	tag: 'closure',
	claims: (value, host) => host.live === null && isClosure(value),
	open: true,
	owns: (_, key) => OF_FUNCTIONS.has(key),
	take(value) {
		const def = definitionOf(value)!;
		const names = def.captures ?? [];
		if (def.generator === undefined && hasChangedPrototype(value)) {
			throw new Refusal(
				'a constructor function whose prototype was changed',
				'instance',
				`write '${value.name}' as a class: one made in durable code is saved, its methods and instances too`,
				'',
			);
		}
		const own = def.generator === undefined ? [] : [value.prototype];
		return [def.id, names.length, ...names, ...(value as Defined)[ENV]!, ...own];
	},
	label(value, index) {
		const names = definitionOf(value)!.captures ?? [];
		return names[index - 2 - names.length] ?? `[${index}]`;
	},
	holds: (value, index) =>
		definitionOf(value)!.captures?.[index - 2 - (definitionOf(value)!.captures?.length ?? 0)] ? 'closure' : undefined,
	moment: 'made',
	make([id, count, ...parts], host) {
		expect(host.live === null, 'a closure outside a state');
		expect(typeof id === 'string' && typeof count === 'number', 'a malformed closure');
		const def = functionOf(id);
		const prototype = parts.length === 2 * count + 1 && def.generator !== undefined ? parts.pop() : undefined;
		expect(parts.length === 2 * count, 'a malformed closure');
		const env = environmentFor(def, parts.slice(0, count) as string[], parts.slice(count));
		expect(def.make !== undefined && def.kind !== 'class', `'${id}' is no closure`);
		const made = (def.make as Callable)(...env, host.owner);
		return closure(made, def, env, isObject(prototype) ? prototype : undefined) as Callable;
	},
};

/** A durable function as a value: it is its id. */
const durable: Kind<Callable, Host> = {
	tag: 'durable',
	claims: (value) =>
		typeof value === 'function' && Object.hasOwn(value, DEFINITION) && definitionOf(value)!.kind === 'durable',
	take: (value) => [definitionOf(value)!.id],
	moment: 'first',
	make([id]) {
		expect(typeof id === 'string', 'a malformed function');
		const wrapper = shared.wrappers.get(id);
		if (wrapper === undefined) throw new UnknownFunctionError({ functionId: id });
		return wrapper;
	},
};

/** A function of the language as a value (`Boolean`, `Math.max`): it is its name. */
const intrinsic: Kind<Callable, Host> = {
	tag: 'intrinsic',
	claims: (value) => typeof value === 'function' && nameOfIntrinsic(value) !== undefined,
	take: (value) => [nameOfIntrinsic(value)],
	moment: 'first',
	make([name]) {
		const found = typeof name === 'string' ? intrinsicNamed(name) : undefined;
		expect(found !== undefined, `the built-in function '${String(name)}' is not in this engine`);
		return found;
	},
};

/** A function or class at the top level of a compiled module, or a namespace that it imports: it is its name there. */
const ofModule: Kind<object, Host> = {
	tag: 'module',
	claims: (value) => classEntry(value) === undefined && moduleName(value) !== undefined,
	take: (value) => [moduleName(value)],
	moment: 'first',
	make([name]) {
		expect(typeof name === 'string', 'a malformed function');
		const value = namedValue(name);
		if (value === undefined) throw new UnknownFunctionError({ functionId: name });
		return value;
	},
};

const operands: Kind<Operands, Host> = {
	tag: 'operands',
	prototypes: [Operands.prototype],
	take: ({ values }) => values,
	label: ({ names }, index) => names[index] ?? `[${index}]`,
	make(_, host) {
		expect(host.live !== null, 'operands in a state');
		return new Operands([]);
	},
	fill(value, parts) {
		value.values = parts;
	},
};

const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null;

/**
 * An activation: where it is parked, then what its slots hold. Decodes to what `fit.ts` finds a place
 * for; decoding itself runs no code of the user's.
 */
const frame: Kind<Frame | MutableSavedFrame, Host> = {
	tag: 'frame',
	prototypes: [Frame.prototype],
	// In the chain of a fiber it is looked at whenever the fiber ran; a frame elsewhere may be stepped by anybody.
	tells: (value) => (value as Frame).place >= 0,
	take(value) {
		const { def, s, parent, cancelled, log } = value as Frame;
		const point = pointOf(value as Frame)!;
		const { head, saved } = layoutOf(def, point);
		const guards = (point.guards ?? []).map((guard) =>
			typeof guard === 'number' && cancelled?.caught.includes(guard) ? 'c' : '-',
		);
		const received = cancelled === null ? '' : cancelled.passed === null ? 'r' : 'p';
		return [parent, head, guards.join('') + received + (log ?? ''), ...saved.map((slot) => s[slot])];
	},
	label(value, index) {
		const point = pointOf(value as Frame)!;
		const name = layoutOf((value as Frame).def, point).head.names[index - 3];
		return name === undefined ? '' : nameOfSlot(name);
	},
	holds(value, index) {
		const point = pointOf(value as Frame)!;
		return layoutOf((value as Frame).def, point).head.names[index - 3]?.includes(':') ? 'kept' : undefined;
	},
	place: (value) => atOf((value as Frame).def, pointOf(value as Frame)!.at),
	make([, head, facts, ...values], host) {
		expect(host.live === null && head instanceof FrameHead && typeof facts === 'string', 'a malformed frame');
		expect(values.length === head.names.length, 'a frame with other slots than its point');
		const end = facts.indexOf('[');
		const caught = end < 0 ? facts : facts.slice(0, end);
		const log = end < 0 ? null : FrameLog.read(facts.slice(end));
		expect(end < 0 || log !== null, 'a malformed frame');
		return new MutableSavedFrame(
			head,
			[...caught].map((c) => c === 'c'),
			caught.endsWith('p') ? 'again' : caught.endsWith('r') ? 'received' : null,
			log,
		);
	},
	fill(value, parts) {
		const saved = value as MutableSavedFrame;
		const parent = parts[0];
		expect(parent === null || parent instanceof MutableSavedFrame, 'a frame awaited by no frame');
		saved.parent = parent;
		saved.head.names.forEach((name, i) => {
			saved.slots.set(name, parts[i + 3]);
		});
	},
};

/** The codec with what the machine adds to it. */
export const runCodec = new Codec<Host>([
	cell,
	uninitialised,
	live,
	closureKind,
	durable,
	intrinsic,
	...THUNK_KINDS,
	operands,
	frame,
	...STEP_KINDS,
	...ITERATOR_KINDS,
	...GENERATOR_KINDS,
	...CLASS_KINDS,
	...PROMISE_KINDS,
	ofModule,
	resourcesKind,
	...RUN_KINDS,
	liveKind,
	namespaceKind,
]);
