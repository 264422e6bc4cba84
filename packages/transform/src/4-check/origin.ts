/** What a value may come from, and the question that finds it out. */
import type * as t from '@babel/types';
import type { Binding, FunctionNode, Scopes } from '../1-parse/scope.ts';
import type { Flows, Inflow, Path } from './flows.ts';
import type { Origins } from './origins.ts';

export type Call = t.CallExpression | t.OptionalCallExpression | t.TaggedTemplateExpression;
export type Made = FunctionNode | t.Class;

/** Whose code makes a function: a run's, so that it is data; a compiled module's, by whose name it is found; or neither. */
export type Maker = 'durable' | 'run' | 'module' | 'outside';

/** The part at `path` of the namespace that an `import()` gives; or the promise of it, as the type there says. */
export interface NamespacePart {
	readonly kind: 'namespace';
	readonly node: t.Expression;
	readonly path: Path;
}

/** The part at `path` of what an import is bound to. */
export interface Imported {
	readonly kind: 'import';
	/** The specifier. */
	readonly node: t.ImportSpecifier | t.ImportDefaultSpecifier | t.ImportNamespaceSpecifier;
	/** The local name. */
	readonly name: string;
	readonly from: string;
	readonly path: Path;
}

export type Origin =
	| { readonly kind: 'function'; readonly node: Made; readonly maker: Maker }
	| Imported
	| NamespacePart
	| { readonly kind: 'global'; readonly name: string }
	/** What a call gave that is not followed into: `path` of it; `awaited` what its promise was fulfilled with. */
	| { readonly kind: 'call'; readonly node: Call; readonly path: Path; readonly awaited: boolean }
	| { readonly kind: 'new'; readonly node: t.NewExpression; readonly path: Path }
	/** What a callback gave that the language called, not durable code. */
	| { readonly kind: 'callback'; readonly node: t.Node; readonly call: Call; readonly given: Origin }
	| { readonly kind: 'parameter'; readonly fn: FunctionNode; readonly node: t.Node }
	| { readonly kind: 'resolver' }
	/** An array, map or set. */
	| { readonly kind: 'collection' }
	| { readonly kind: 'object'; readonly node: t.ObjectExpression }
	/** What was thrown: taken for an error. */
	| { readonly kind: 'caught' }
	/** Anything else that is neither a function nor a promise. */
	| { readonly kind: 'data' }
	| { readonly kind: 'unknown'; readonly node: t.Node };

/** What only types tell. */
export interface CollectionFacts {
	/** Is it an array, a map or a set of the language's? */
	isCollection(node: t.Expression): boolean;
	/** Is what its methods give an iterator of the language's? That of a string, too. */
	isIterable(node: t.Expression): boolean;
}

export interface Source {
	readonly scopes: Scopes;
	readonly flows: Flows;
	/** The functions with the directive. */
	readonly durable: ReadonlySet<t.Node>;
	/**
	 * Null without types: then only what is so at every point of the program is found, and a variable that
	 * changes, or what was put into a collection, is unknown.
	 */
	readonly types: CollectionFacts | null;
}

/** One question while it is answered: each pair of place and path is looked at once, and what is found is added up. */
export interface Query {
	readonly origins: Origins;
	add(origin: Origin): void;
	/** The part at `path` of the value of an expression. */
	expression(node: t.Node, path: Path): void;
	/** The part at `path` of what a binding holds. */
	binding(binding: Binding, path: Path): void;
	/** What is handed over for a parameter. */
	parameter(inflow: Extract<Inflow, { kind: 'parameter' }>, path: Path): void;
	/** Of what a function returns. */
	result(fn: FunctionNode, path: Path): void;
	/** A function or class where it is made. */
	made(node: Made, path: Path): void;
	/** Is it the first time that this question comes to the place with this path? */
	first(place: object, path: Path): boolean;
}
