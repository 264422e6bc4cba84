import type * as t from '@babel/types';

/** What scope analysis knows about one file. Nothing is kept outside these objects. */
export interface Scopes {
	readonly module: Scope;
	/** The scope that a node opens: a function's own scope is that of its parameters. */
	readonly byNode: ReadonlyMap<t.Node, Scope>;
	/** A function body with its own variables, where parameter expressions keep theirs apart. */
	readonly bodies: ReadonlyMap<t.Node, Scope>;
	/** `if (a) function f() {}` (sloppy): the block that the declaration stands in. */
	readonly arms: ReadonlyMap<t.Node, Scope>;
	/** Identifiers, JSX identifiers, `this`, `arguments`, `new.target` that refer to something. */
	readonly references: ReadonlyMap<t.Node, Reference>;
	/** The binding that a declaring identifier declares. */
	readonly declared: ReadonlyMap<t.Node, Binding>;
	readonly functions: ReadonlyMap<t.Node, FunctionInfo>;
	/** ECMA-262 B.3.3: the `var` that a sloppy function declaration in a block also writes. */
	readonly annexB: ReadonlyMap<t.Node, Binding>;
	/** By class: what it is bound to inside itself. One without a name has it for its private names. */
	readonly classes: ReadonlyMap<t.Node, Binding>;
}

/** Stands for the name of a class that has none. */
export const ANONYMOUS_CLASS = '%class';

export type FunctionNode =
	| t.FunctionDeclaration
	| t.FunctionExpression
	| t.ArrowFunctionExpression
	| t.ObjectMethod
	| t.ClassMethod
	| t.ClassPrivateMethod;

/** A function, or what behaves as one for `this` and captures: a class field's value, a static block. */
export interface FunctionInfo {
	readonly node: FunctionNode | t.ClassProperty | t.ClassPrivateProperty | t.ClassAccessorProperty | t.StaticBlock;
	readonly parent: FunctionInfo | null;
	readonly strict: boolean;
	readonly arrow: boolean;
	/** Made at the head of its scope, before anything there has run. */
	readonly hoisted: boolean;
	/** Bindings of enclosing functions (not of the module) used here or deeper, by first use. */
	readonly free: Set<Binding>;
	/** `super` is used here, or in an arrow here. Of an arrow: that of what is around it. */
	usesSuper: boolean;
	/** A direct call of `eval` stands here or deeper. */
	usesEval: t.Node | null;
	/** A `with` statement stands here or deeper. */
	usesWith: t.Node | null;
	/** `#x` used here or deeper of a class that encloses this function. */
	usesPrivate: t.Node | null;
	/** The scopes of those classes. */
	readonly privateOf: Set<Scope>;
	/** Its home object (ECMA-262 [[HomeObject]]), if `super` is used here or in an arrow here. */
	home: Binding | null;
	/** The name of a function expression, as it is bound inside. */
	ownName: Binding | null;
	self: Binding | null;
	arguments: Binding | null;
	newTarget: Binding | null;
}

export type ScopeKind =
	| 'module'
	| 'function'
	| 'body'
	| 'name'
	| 'block'
	| 'for'
	| 'switch'
	| 'catch'
	| 'class'
	| 'namespace';

export interface Scope {
	readonly kind: ScopeKind;
	readonly node: t.Node;
	readonly parent: Scope | null;
	/** Null at module level. */
	readonly fn: FunctionInfo | null;
	readonly bindings: Map<string, Binding>;
	/** Function declarations to make at its head, in order; of equal names only the last. */
	readonly hoisted: t.FunctionDeclaration[];
}

export type BindingKind =
	| 'var'
	| 'let'
	| 'const'
	| 'using'
	| 'function'
	| 'class'
	| 'param'
	| 'catch'
	| 'import'
	| 'enum'
	/** The name of a function expression inside it. */
	| 'function-name'
	/** The name of a class inside it. */
	| 'class-name'
	| 'this'
	| 'home'
	| 'arguments'
	| 'new.target';

export interface Binding {
	readonly name: string;
	readonly kind: BindingKind;
	readonly scope: Scope;
	/** The identifier that declares it, first of several. */
	readonly node: t.Node;
	/** The declaration around it: a declarator, function, class, import specifier, parameter. */
	readonly declaration: t.Node;
	/** Referred to at all. */
	used: boolean;
	/** Used by a function inside the one that declares it. */
	captured: boolean;
	/** Captured where it may not have its (first) value yet. */
	capturedEarly: boolean;
	/** Assigned again after it has its first value. */
	reassigned: boolean;
	/** May be used in its temporal dead zone: uses that are not `early` are proven not to be. */
	tdz: boolean;
}

export interface Reference {
	/** Null: a global. */
	readonly binding: Binding | null;
	readonly fn: FunctionInfo | null;
	/** Not proven to happen after the initialisation. */
	readonly early: boolean;
	readonly write: boolean;
}

/** `const` and what behaves like it: an assignment throws, after its right side was evaluated. */
export function isConstant(binding: Binding): boolean {
	return (
		binding.kind === 'const' ||
		binding.kind === 'using' ||
		binding.kind === 'class-name' ||
		(binding.kind === 'function-name' && binding.scope.fn !== null && binding.scope.fn.strict)
	);
}

export function isFunctionNode(node: t.Node): node is FunctionNode {
	switch (node.type) {
		case 'FunctionDeclaration':
		case 'FunctionExpression':
		case 'ArrowFunctionExpression':
		case 'ObjectMethod':
		case 'ClassMethod':
		case 'ClassPrivateMethod':
			return true;
		default:
			return false;
	}
}

/** Which kind of generator function a node is, if any. */
export function generatorOf(node: t.Node): 'sync' | 'async' | null {
	if (!isFunctionNode(node) || !node.generator) return null;
	return node.async ? 'async' : 'sync';
}

/** Parentheses and type syntax around an expression, gone. */
export function unwrap(node: t.Expression): t.Expression;
export function unwrap(node: t.Node): t.Node;
export function unwrap(node: t.Node): t.Node {
	for (;;) {
		switch (node.type) {
			case 'ParenthesizedExpression':
			case 'TSAsExpression':
			case 'TSSatisfiesExpression':
			case 'TSNonNullExpression':
			case 'TSTypeAssertion':
			case 'TSInstantiationExpression':
				node = node.expression;
				break;
			default:
				return node;
		}
	}
}

/** Type syntax: nothing of it is there at run time. */
export function isType(node: t.Node): boolean {
	const type = node.type;
	if (type === 'TypeAnnotation') return true;
	if (!type.startsWith('TS')) return false;
	switch (type) {
		case 'TSAsExpression':
		case 'TSSatisfiesExpression':
		case 'TSNonNullExpression':
		case 'TSTypeAssertion':
		case 'TSInstantiationExpression':
		case 'TSParameterProperty':
		case 'TSEnumDeclaration':
		case 'TSEnumBody':
		case 'TSEnumMember':
		case 'TSModuleDeclaration':
		case 'TSModuleBlock':
		case 'TSExportAssignment':
		case 'TSImportEqualsDeclaration':
		case 'TSExternalModuleReference':
			return false;
		default:
			return true;
	}
}
