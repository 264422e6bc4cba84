import type * as t from '@babel/types';
import { childrenOf } from '../1-parse/hoist.ts';
import type { Binding, FunctionInfo, Scopes } from '../1-parse/scope.ts';
import type { Suspensions } from '../1-parse/suspends.ts';
import type { Sink } from '../diagnostics/sink.ts';
import type { Closure, Site } from './cfg.ts';

/** What is shared while one durable function with all its closures is lowered. */
export interface UnitState {
	readonly scopes: Scopes;
	readonly sink: Sink;
	readonly memo: Suspensions;
	readonly root: FunctionInfo;
	/** Every name in use; a new one is none of them. */
	readonly names: Set<string>;
	/** The next number to try behind a base name. */
	readonly numbers: Map<string, number>;
	/** Names of variables of frames. */
	readonly taken: Set<string>;
	/** Names that the unit uses from around it: no variable may hide them. */
	readonly free: ReadonlySet<string>;
	readonly storages: Map<Binding, Storage>;
	/** A closure is defined once, even if the expression is lowered into two arms. */
	readonly closures: Map<t.Node, Closure>;
	/** Captures of closures as bindings, in the order of `Closure.captures`. */
	readonly captures: Map<Closure, readonly Binding[]>;
	/** Calls in await position that are not waited for where they stand. */
	readonly begins: Set<t.Node>;
	/** Calls whose iterator is used up where it is made: nobody ever sees it. */
	readonly spent: Set<t.Node>;
	definitions: number;
}

/** Where a binding lives in what is emitted. */
export interface Storage {
	readonly name: string;
	readonly cell: boolean;
	/** A variable of a frame rather than a native one of a block or a synchronous closure. */
	readonly frame: boolean;
	/** It must hold `%TDZ` until it is initialised. */
	readonly tdz: boolean;
	/** The cell (or `%TDZ`) is made at the head of the scope rather than by the declaration. */
	readonly atEntry: boolean;
}

/**
 * Where code is written: into the opaque statements of a graph (a `Frame`), or into a synchronous
 * closure.
 */
export interface Code {
	readonly unit: UnitState;
	/** The function whose code this is. */
	readonly fn: FunctionInfo;
	/** It is a graph: variables outlive what is native, jumps may leave a statement. */
	readonly frame: boolean;
	/** In what stays native functions stay as they are: they are not data. */
	readonly plain: boolean;
	/** Receives the closures that are created here. */
	readonly closures: Closure[];
	/** Receives the sites of calls that are not awaited where they stand. */
	readonly starts: Site[];
	/** What finds those sites at run time: the mark of the frame, or of the closure's definition. */
	readonly owner: string;
	/** Constructs around what is being written, for ids. */
	readonly chain: readonly string[];
	/** Name path of what is being initialised, for closure ids. */
	readonly path: string | null;
	/** Rewrites a `break`, `continue` or `return` that leaves an opaque statement; null in closures. */
	readonly jumps: Jumps | null;
	/** A variable for a value that an expression needs twice; `node` is its source. */
	local(role: string, node: t.Node): string;
	/** For heads whose names are dead while the iterated expression runs. */
	readonly dead: ReadonlySet<Binding> | null;
}

/** What an opaque statement may jump to inside itself, and how it jumps elsewhere. */
export interface Jumps {
	readonly breaks: boolean;
	readonly continues: boolean;
	readonly labels: ReadonlySet<string>;
	leave(node: t.BreakStatement | t.ContinueStatement): t.Statement;
	complete(value: t.Expression | null): t.Statement;
	/** How it jumps through something native that runs on the way: a `finally`, the closing of an iterator. */
	readonly passing?: Pick<Jumps, 'leave' | 'complete'>;
}

/** Is a binding one of the durable function or its closures, rather than of the module around it? */
export function isOfUnit(unit: UnitState, binding: Binding | null): binding is Binding {
	for (let fn = binding?.scope.fn ?? null; fn; fn = fn.parent) if (fn === unit.root) return true;
	return false;
}

/** Functions in what stays native keep native variables: they are not data. */
export function isPlain(unit: UnitState, fn: FunctionInfo | null): boolean {
	for (; fn && fn !== unit.root; fn = fn.parent) if (isNativeFunction(fn)) return true;
	return false;
}

/**
 * Functions that cannot be made apart from where they stand: arrows of a derived constructor, whose
 * `this` may not be there when they are made.
 */
export function isNativeFunction(fn: FunctionInfo): boolean {
	return fn.node.type === 'ArrowFunctionExpression' && beforeSuper(fn);
}

/** A method, field or static block: its text stands in its class. */
export function isClassMember({ node }: FunctionInfo): boolean {
	return node.type.startsWith('Class') || node.type === 'StaticBlock';
}

/** Is it an arrow of a constructor, not surely made after `super()`, that uses its `this`? */
function beforeSuper(fn: FunctionInfo): boolean {
	let owner: FunctionInfo | null = fn;
	while (owner?.arrow) owner = owner.parent;
	const node = owner?.node;
	if (!owner?.self || !fn.free.has(owner.self) || node?.type !== 'ClassMethod' || node.kind !== 'constructor')
		return false;
	if (callsSuper(fn.node)) return true;
	if (!callsSuper(node.body)) return false;
	const first = node.body.body.find((each) => each.type === 'ExpressionStatement' && isSuperCall(each.expression));
	return !first || fn.node.start! < first.end!;
}

function isSuperCall(node: t.Node): boolean {
	return node.type === 'CallExpression' && node.callee.type === 'Super';
}

function callsSuper(node: t.Node): boolean {
	if (isSuperCall(node)) return true;
	if (node.type === 'ClassBody') return false;
	for (const child of childrenOf(node)) if (callsSuper(child)) return true;
	return false;
}

/** A method or accessor of an object literal: it is made apart from it. */
export function isClosureMethod(unit: UnitState, fn: FunctionInfo): boolean {
	return fn.node.type === 'ObjectMethod' && fn !== unit.root;
}

export function uniqueName(unit: UnitState, base: string): string {
	let name = base;
	let n = unit.numbers.get(base) ?? 1;
	for (; unit.names.has(name); n++) name = `${base}$${n}`;
	unit.numbers.set(base, n);
	unit.names.add(name);
	return name;
}

/** The same code with another path of names, for what is initialised here. */
export function into(code: Code, name: string | null): Code {
	if (name === null) return code.path === null ? code : withCode(code, { path: null });
	return withCode(code, { path: code.path === null ? name : `${code.path}.${name}` });
}

/** A view of `code` with some fields changed. */
export function withCode<C extends Code>(code: C, changes: Partial<Code>): C {
	const view = Object.create(code) as C;
	for (const key in changes) Object.defineProperty(view, key, { value: changes[key as keyof Code] });
	return view;
}
