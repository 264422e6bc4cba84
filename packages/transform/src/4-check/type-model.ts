/**
 * What the checker asks of a TypeScript program, and all that it knows of one. An implementation for each
 * version of TypeScript that can be had: `typescript-6.ts` over the compiler's own objects, and another
 * over the checker of TypeScript 7, which is a process of its own: so questions about places come in
 * batches, and what hangs on a type is fetched when it is asked for.
 *
 * Places are joined by file, start and end, in UTF-16 units, as Babel and TypeScript both count.
 */

/** A piece of a file: `end` is behind it. Babel's nodes are such. */
export interface Span {
	readonly start: number;
	readonly end: number;
}

export interface TypeProgram {
	/** The project's own source files: no declaration files, nothing of a dependency. Absolute paths. */
	readonly files: readonly string[];
	/** A question is a message to another process: what may be asked later is better asked at once. */
	readonly distant: boolean;
	/** Text of a file of the program, declaration files included. */
	textOf(file: string): string | undefined;
	/**
	 * The types at expressions and at declared names, as narrowed there: of the innermost node that spans
	 * just that text. Undefined where no node does. As many as there are spans.
	 */
	typesAt(file: string, spans: readonly Span[]): readonly (Type | undefined)[];
	/** What the names at these spans stand for, import aliases followed. As many as there are spans. */
	symbolsAt(file: string, spans: readonly Span[]): readonly (TypeSymbol | undefined)[];
}

/**
 * - `primitive`: string, number, boolean, bigint, symbol, undefined, null, void; literals, enums and their
 *   members, template literals, `keyof T`.
 * - `non-primitive`: the type `object`.
 * - `parameter`: a type parameter, `this` included.
 * - `deferred`: what only its parameters can decide: conditional and indexed access types, substitutions.
 * - `object`: all else, functions, arrays and tuples included.
 */
export type TypeKind =
	| 'any'
	| 'unknown'
	| 'never'
	| 'primitive'
	| 'non-primitive'
	| 'union'
	| 'intersection'
	| 'parameter'
	| 'deferred'
	| 'object';

/** One type of a program is one object here, so that what is found out about it can be remembered. */
export interface Type {
	readonly kind: TypeKind;
	/** As messages name it. */
	text(): string;
	/** The class, interface, type literal, function or type parameter that it is. */
	symbol(): TypeSymbol | undefined;
	/** The type alias that it was written as. */
	alias(): TypeSymbol | undefined;
	/** Of a union or an intersection; the branches of a conditional type that is `deferred`. */
	parts(): readonly Type[];
	/** Upper bound of a `parameter`, or of a `deferred` type without parts; undefined where there is none. */
	constraint(): Type | undefined;

	/** Of a reference to a generic class or interface; of an array or a tuple, its elements. */
	typeArguments(): readonly Type[];
	readonly tuple: boolean;
	/** It is that of an object literal in an expression, not one that was written as a type. */
	readonly objectLiteral: boolean;
	/** Inherited ones included. */
	properties(): readonly Property[];
	/** Value types of its index signatures. */
	indexTypes(): readonly Type[];
	callSignatures(): readonly Signature[];
	constructSignatures(): readonly Signature[];
	/** What a class or interface extends. */
	bases(): readonly Type[];
}

export interface Property {
	/** As messages name it; of one under a symbol `[iterator]`, of a private one `#x`. */
	readonly name: string;
	readonly kind: 'property' | 'method' | 'accessor';
	readonly optional: boolean;
	/** With or without `undefined` where it is optional. */
	type(): Type;
	declarations(): readonly Declaration[];
}

export interface Signature {
	/** What a call gives. */
	result(): Type;
}

/** One symbol of a program is one object here. */
export interface TypeSymbol {
	/** Within its module, dotted within namespaces: `Map`, `Temporal.Instant`. */
	readonly name: string;
	declarations(): readonly Declaration[];
	/** The type of the value of the name: of a class, the class itself. */
	valueType(): Type | undefined;
}

export type DeclarationKind =
	| 'class'
	| 'interface'
	| 'alias'
	| 'enum'
	| 'variable'
	| 'function'
	| 'method'
	| 'parameter'
	| 'namespace'
	/** A file, or `declare module "x"`. */
	| 'module'
	| 'other';

export interface Declaration extends Span {
	readonly kind: DeclarationKind;
	/** Absolute path. */
	readonly file: string;
	/** It is in one of the `lib.*.d.ts` that come with TypeScript. */
	readonly library: boolean;
}
