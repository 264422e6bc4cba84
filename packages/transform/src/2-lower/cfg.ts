import type * as t from '@babel/types';
import type { Binding } from '../1-parse/scope.ts';

/**
 * The graph that a durable body is lowered to: basic blocks of opaque statements, each ended by one
 * terminal. `2-lower` is the only writer of evaluation order; `3-analyze` reads; `5-emit` prints.
 *
 * Inside opaque statements four marks stand for what JavaScript has no syntax for:
 *  - an identifier `%name` is the runtime helper `name` (abi/helpers);
 *  - `continue "%12"` (a ContinueStatement whose label is named `%12`) is a jump to block 12;
 *  - the identifier `%home` is the home object of the durable method, which a step stands beside;
 *  - the identifier `%exception` is the exception that a handler block was entered with.
 * A `return E` in an opaque statement completes the function with E (never a call in await position).
 *
 * Iterators of `%iterate`, `%iterateCall`, `%enumerate` are records with:
 *  - `step(): boolean`  IteratorStep and IteratorValue: true when there is a value, which is then in
 *    `value`. After the end, after a throw of its own and after `close`, it gives false.
 *  - `close(): void`    IteratorClose with a normal completion. Does nothing after the end.
 *  - `closeThrow(): void`  IteratorClose with a throw completion: what `return()` throws is swallowed.
 *    Does nothing after the end, after a throwing `step` or after `close`.
 * Those of `%iterateAsync` and `%iterateAsyncCall` are records whose steps are awaited:
 *  - `next(%frame)`  its awaited result goes to `take(result): boolean`, as `step`.
 *  - `closes(): boolean`  GetMethod of `return`; then what `close(%frame)` gives is awaited and goes
 *    to `closed(result)` (not with a throw completion, whose handler swallows errors of `close`).
 * Those of `%delegate`, `%delegateAsync` (`yield*`) are records with:
 *  - `ask()`  hands what was received to the inner iterator: true when that is done. Of an async one
 *    `ask(%frame)` gives what is to be awaited, and `take(awaited): boolean` says whether it is done.
 *  - `resume(mode, value): void`  what the generator has received next, as in `Step`.
 *  - `value`, `returning`  when it is done: its value, and whether the generator is to return it.
 *
 * `%resources()` keeps what `using` declares: `add(value, name)` and `addAsync(value, name)` give the
 * value; `next(): boolean` disposes of what needs no await, true when `dispose(%frame, site)` is to be
 * awaited first; `fail(error)` says what was thrown meanwhile, `failed` and `error` with what it ends.
 */
export type BlockId = number;

export interface Block {
	readonly id: BlockId;
	readonly body: t.Statement[];
	end: Terminal;
	/** The block that catches what is thrown in this one. */
	readonly handler: BlockId | null;
	/** Enclosing `finally` bodies and catch handlers (their entry block), outermost first. */
	readonly guards: readonly ('finally' | BlockId)[];
	/** Enclosing loops, outermost first, by number within the function. */
	readonly loops: readonly number[];
}

export type Terminal =
	| { readonly kind: 'goto'; readonly to: BlockId }
	| { readonly kind: 'branch'; readonly test: t.Expression; readonly yes: BlockId; readonly no: BlockId }
	/** Dispatch on a completion record: `on` is a variable holding one of the strings. */
	| {
			readonly kind: 'dispatch';
			readonly on: t.Identifier;
			readonly cases: readonly (readonly [string, BlockId])[];
			readonly otherwise: BlockId;
	  }
	| {
			readonly kind: 'suspend';
			readonly point: Point;
			readonly op: Operation;
			readonly result: string | null;
			readonly to: BlockId;
			/** Of a `yield`: where a return completion goes, and the variable that gets its value. */
			readonly returned?: { readonly to: BlockId; readonly value: string };
	  }
	| { readonly kind: 'tail'; readonly op: CallOperation }
	| { readonly kind: 'return'; readonly value: t.Expression | null }
	| { readonly kind: 'throw'; readonly value: t.Expression }
	| { readonly kind: 'unreachable' };

export type Operation =
	/** `await value`. */
	| { readonly kind: 'value'; readonly value: t.Expression }
	/** `yield value`; in an async generator the value is marked by `%yielded`. */
	| { readonly kind: 'yield'; readonly value: t.Expression }
	/** A generator that has its parameters and waits for its first `next()`. */
	| { readonly kind: 'start' }
	| CallOperation
	| ChainOperation;

export interface CallOperation {
	readonly kind: 'call';
	readonly site: Site;
	readonly callee: t.Expression;
	/** The receiver, already evaluated; null for a plain call. */
	readonly self: t.Expression | null;
	readonly args: readonly (t.Expression | t.SpreadElement)[];
	/** The computed key of a saved receiver's member, already evaluated (`Site.key === null`): it is saved too. Last argument of `%call`, `%chain`, `%tail`. */
	readonly key: t.Expression | null;
}

export interface ChainOperation {
	readonly kind: 'chain';
	readonly site: Site;
	readonly callee: t.Expression;
	readonly self: t.Expression | null;
	readonly args: readonly (t.Expression | t.SpreadElement)[];
	/** The computed key of a saved receiver's member, already evaluated (`Site.key === null`): it is saved too. Last argument of `%call`, `%chain`, `%tail`. */
	readonly key: t.Expression | null;
	/** By link after the first call, as in `SiteDef.chain`. */
	readonly rest: readonly {
		readonly keys: readonly t.Expression[];
		readonly args: readonly (t.Expression | t.SpreadElement)[];
	}[];
}

/** What ids are computed from. `3-analyze` fills in nothing here; it keeps its results apart. */
export interface Place {
	/** The expression as the user wrote it, untouched by lowering. */
	readonly node: t.Node;
	/** Constructs around it, outermost first: `for`, `if`, `else`, `?`, `:`, `try`, `catch`, `finally`, `case`, ... */
	readonly chain: readonly string[];
	readonly loc: t.SourceLocation | null;
}

export interface Point extends Place {}

export interface Site extends Place {
	readonly name: string;
	/**
	 * `[receiver, callee]` read again from module bindings and globals; null when that cannot be done.
	 * A null callee: the receiver is read again and the callee is its member `key` (computed, saved).
	 * `new C()` is the call of `%construct` on the receiver `C`.
	 */
	readonly reload: readonly [self: t.Expression | null, callee: t.Expression | null] | null;
	/** Member of a saved receiver: its static key, or null for a computed one; undefined for others. */
	readonly key?: string | null;
	/** Reads the callee from the saved receiver where it is no plain member: `(self, key) => ...`. */
	readonly read?: t.ArrowFunctionExpression;
	readonly links?: readonly {
		readonly keys: readonly (string | null)[];
		readonly call: boolean;
		readonly optional: boolean;
		readonly optionalCall: boolean;
	}[];
	readonly loops: readonly number[];
}

/** A variable of the frame. Identifiers in the graph refer to it by `name`, which is unique in the unit. */
export interface Variable {
	/** The name in emitted code. */
	readonly name: string;
	/**
	 * The name in stored frames, scope-qualified. Of a variable with a `temporary` it is only the role:
	 * `3-analyze`, which owns canonical text, makes it `<role>:<hash of temporary>` (`~n` among equals,
	 * in the order of `Graph.variables`). Variables of sibling scopes may share a name; no two that
	 * are live at one point do.
	 */
	readonly slot: string;
	/** Of a temporary: the source that it holds the value of. */
	readonly temporary: t.Node | null;
	/** As the user wrote it; null for a temporary. */
	readonly source: string | null;
	/** Of one with a `source`: what scope analysis knows of it. */
	readonly binding?: Binding;
	/** It holds a `Cell`; reads and writes go through `.v`. */
	readonly cell: boolean;
	/** A temporary that is read again after a restore instead of being saved. */
	readonly reload: t.Expression | null;
	readonly declaration: t.SourceLocation | null;
}

/** A lowered function: a durable function, or an async or generator closure of one. */
export interface Graph {
	readonly entry: BlockId;
	readonly blocks: ReadonlyMap<BlockId, Block>;
	readonly variables: ReadonlyMap<string, Variable>;
	/** Variables that are set at entry, from `frame.s` (the arguments array), `frame.self` and `frame.env`. */
	readonly parameters: { readonly args: string; readonly self: string | null; readonly env: readonly string[] };
	/** Sites of the calls in opaque code that `%begin` and `%started` name by number. */
	readonly starts: readonly Site[];
}

/** A closure created in durable code, in the order met. `%closure(D, [env])` or `%makeClass(D, [env])` refers to it by `ref`. */
export interface Closure {
	/** The identifier that opaque code uses for its definition: `%def3`. */
	readonly ref: string;
	readonly kind: 'async-closure' | 'generator-closure' | 'closure' | 'class' | 'thunk' | 'import';
	readonly name: string;
	readonly place: Place;
	/** Binding or property name path within the function; null when anonymous. */
	readonly path: string | null;
	/**
	 * Unique names (in the creator) of what it captures, and their names for schema ids. Of the value of
	 * an expression (heritage, a computed key) `source` is only the role: `3-analyze` adds the hash of `node`.
	 */
	readonly captures: readonly {
		readonly name: string;
		readonly source: string;
		readonly cell: boolean;
		readonly node?: t.Node;
	}[];
	/**
	 * Classes: gives the class, over `captures` and a last parameter `begin`, which the class calls with
	 * itself before its static parts and which says whether these are to run.
	 * Synchronous closures: gives the function, over `captures` and whose it is. Thunks: gives the *value*, over the
	 * operands (`%lazy(%def3, [operands])`). The parameters are the captures' names.
	 */
	readonly make: t.ArrowFunctionExpression | null;
	/** Async closures and generators: their own graph and the shape of their wrapper. */
	readonly body: Graph | null;
	readonly wrapper: Wrapper | null;
	readonly closures: readonly Closure[];
	/** Synchronous closures and classes: sites of the calls that `%begin` and `%started` name by number. */
	readonly starts: readonly Site[];
	/** A class whose instances have private members. */
	readonly hidden?: boolean;
	/** A generator method of a class, which has no wrapper of its own. */
	readonly generator?: 'sync' | 'async' | null;
}

export interface Wrapper {
	readonly length: number;
	readonly generator: 'sync' | 'async' | null;
	readonly kind: 'declaration' | 'expression' | 'arrow' | 'method';
}

/** One durable function, lowered. */
export interface Unit {
	readonly graph: Graph;
	readonly closures: readonly Closure[];
	/** The function says `"use strict"` itself in a sloppy file: so must its step. */
	readonly strict: boolean;
	/** Every plain name in the unit, of variables and of what is free in it: names that emit must not take. */
	readonly names: ReadonlySet<string>;
}

/**
 * The seams of the pipeline (compile.ts): `parse` gives a file, `findDurable` gives these, `lower`
 * gives a `Unit` for each (null when it reported an error). Lowering leaves the user's tree as it
 * is: ids are computed from the original nodes, looked up by identity (`Place.node`).
 */
export interface DurableFunction {
	readonly node:
		| t.FunctionDeclaration
		| t.FunctionExpression
		| t.ArrowFunctionExpression
		| t.ObjectMethod
		| t.ClassMethod
		| t.ClassPrivateMethod;
	/** Nodes around it, the `Program` first, its own parent last. */
	readonly parents: readonly t.Node[];
	/** Name path for the id: `checkout`, `Checkout.run`, `default`. */
	readonly path: string;
	/** `name` of the function at run time; null when only running can tell (a computed key). */
	readonly name: string | null;
	/** The id of `"use durable as <id>"`. */
	readonly as: string | null;
}
