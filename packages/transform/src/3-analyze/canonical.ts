/**
 * The canonical text of a syntax tree: what every stored id is a hash of. It is a contract with
 * frames that sleep in databases, so it is our own and changes only with the version of the ids:
 * nothing of Babel's printer, of `extra.raw`, of positions or of option-dependent node shapes
 * reaches it.
 *
 * Form: `(head field field ...)`. A node prints by its row in `FORMS`, in the order given there:
 *  - a node as its own text, a missing one as `-`, a list as `[a b c]` with `-` for a hole;
 *  - a string in JSON, a flag (`?async`) as its name when it is set and as nothing when not;
 *  - identifiers as `(id name)`, literals by value: `(num 255)` for `0xff`, `(str "a")` for `'a'`;
 *  - `a?.b.c` as `(chain (member (member optional (id a) "b") "c"))`: where a chain ends is syntax.
 * Transparent (the inner node's text stands alone): parentheses, `as`, `satisfies`, `<T>x`, `x!`,
 * instantiation expressions, Flow casts. Left out: types, comments, empty statements, everything
 * that only declares types, `this` parameters, overloads, the `use durable` directive.
 * Equal by definition: `{ a }` and `{ a: a }`, `{ 'a': 1 }` and `{ a: 1 }`, `/x/gi` and `/x/ig`.
 */
import type * as t from '@babel/types';

/** Any node, seen as a record: the printer must not depend on one version's type definitions. */
type Shape = { readonly type: string; readonly [field: string]: unknown };

export interface Span {
	readonly start: number;
	readonly end: number;
}

/** The canonical text of `node`. */
export function canonical(node: t.Node): string {
	return print(node, null);
}

/** The canonical text of `node`, and where in it each node inside lies. */
export function canonicalSpans(node: t.Node): { readonly text: string; readonly spans: ReadonlyMap<t.Node, Span> } {
	const spans = new Map<t.Node, Span>();
	return { text: print(node, spans), spans };
}

function print(node: t.Node, spans: Map<t.Node, Span> | null): string {
	const printer = new Printer(spans as Map<object, Span> | null);
	printer.value(node);
	return printer.text;
}

const FORMS: Readonly<Record<string, readonly [head: string, ...fields: string[]]>> = {
	// Statements
	Program: ['program', 'directives', 'body'],
	BlockStatement: ['block', 'directives', 'body'],
	StaticBlock: ['static', 'body'],
	Directive: ['directive', 'value'],
	ExpressionStatement: ['do', 'expression'],
	VariableDeclaration: ['declare', 'kind', 'declarations'],
	VariableDeclarator: ['bind', 'id', 'init'],
	IfStatement: ['if', 'test', 'consequent', 'alternate'],
	ForStatement: ['for', 'init', 'test', 'update', 'body'],
	ForInStatement: ['for-in', 'left', 'right', 'body'],
	ForOfStatement: ['for-of', '?await', 'left', 'right', 'body'],
	WhileStatement: ['while', 'test', 'body'],
	DoWhileStatement: ['do-while', 'body', 'test'],
	SwitchStatement: ['switch', 'discriminant', 'cases'],
	SwitchCase: ['case', 'test', 'consequent'],
	TryStatement: ['try', 'block', 'handler', 'finalizer'],
	CatchClause: ['catch', 'param', 'body'],
	ThrowStatement: ['throw', 'argument'],
	ReturnStatement: ['return', 'argument'],
	BreakStatement: ['break', 'label'],
	ContinueStatement: ['continue', 'label'],
	LabeledStatement: ['label', 'label', 'body'],
	WithStatement: ['with', 'object', 'body'],
	DebuggerStatement: ['debugger'],
	// Functions and classes
	FunctionDeclaration: ['function', '?async', '?generator', 'id', 'params', 'body'],
	FunctionExpression: ['function', '?async', '?generator', 'id', 'params', 'body'],
	ArrowFunctionExpression: ['arrow', '?async', 'params', 'body'],
	ObjectMethod: ['method', 'kind', '?async', '?generator', 'key', 'params', 'body'],
	ClassMethod: ['method', '?static', 'kind', '?async', '?generator', 'key', 'params', 'body', 'decorators'],
	ClassPrivateMethod: ['method', '?static', 'kind', '?async', '?generator', 'key', 'params', 'body', 'decorators'],
	ClassProperty: ['field', '?static', 'key', 'value', 'decorators'],
	ClassPrivateProperty: ['field', '?static', 'key', 'value', 'decorators'],
	ClassAccessorProperty: ['accessor', '?static', 'key', 'value', 'decorators'],
	ClassDeclaration: ['class', 'id', 'superClass', 'body', 'decorators'],
	ClassExpression: ['class', 'id', 'superClass', 'body', 'decorators'],
	ClassBody: ['members', 'body'],
	Decorator: ['decorator', 'expression'],
	TSEnumDeclaration: ['enum', 'id', 'body'],
	TSEnumBody: ['members', 'members'],
	TSEnumMember: ['member', 'id', 'initializer'],
	TSParameterProperty: ['parameter-property', 'parameter'],
	PrivateName: ['private', 'id'],
	// Patterns
	AssignmentPattern: ['default', 'left', 'right'],
	RestElement: ['rest', 'argument'],
	ArrayPattern: ['array-pattern', 'elements'],
	ObjectPattern: ['object-pattern', 'properties'],
	// Expressions
	ArrayExpression: ['array', 'elements'],
	ObjectExpression: ['object', 'properties'],
	ObjectProperty: ['property', 'key', 'value'],
	SpreadElement: ['spread', 'argument'],
	TemplateLiteral: ['template', 'quasis', 'expressions'],
	TaggedTemplateExpression: ['tagged', 'tag', 'quasi'],
	ThisExpression: ['this'],
	Super: ['super'],
	UnaryExpression: ['unary', 'operator', 'argument'],
	UpdateExpression: ['update', 'operator', '?prefix', 'argument'],
	BinaryExpression: ['binary', 'operator', 'left', 'right'],
	LogicalExpression: ['logical', 'operator', 'left', 'right'],
	AssignmentExpression: ['assign', 'operator', 'left', 'right'],
	ConditionalExpression: ['conditional', 'test', 'consequent', 'alternate'],
	SequenceExpression: ['sequence', 'expressions'],
	CallExpression: ['call', 'callee', 'arguments'],
	NewExpression: ['new', 'callee', 'arguments'],
	AwaitExpression: ['await', 'argument'],
	YieldExpression: ['yield', '?delegate', 'argument'],
	MetaProperty: ['meta', 'meta', 'property'],
	ImportExpression: ['import', 'phase', 'source', 'options'],
	// Modules
	ImportDeclaration: ['import-from', 'source', 'specifiers'],
	ImportSpecifier: ['import-name', 'imported', 'local'],
	ImportDefaultSpecifier: ['import-default', 'local'],
	ImportNamespaceSpecifier: ['import-namespace', 'local'],
	ExportNamedDeclaration: ['export', 'declaration', 'specifiers', 'source'],
	ExportSpecifier: ['export-name', 'local', 'exported'],
	ExportNamespaceSpecifier: ['export-namespace', 'exported'],
	ExportDefaultDeclaration: ['export-default', 'declaration'],
	ExportAllDeclaration: ['export-all', 'source'],
};

const TRANSPARENT = new Set([
	'ParenthesizedExpression',
	'TSAsExpression',
	'TSSatisfiesExpression',
	'TSTypeAssertion',
	'TSNonNullExpression',
	'TSInstantiationExpression',
	'TypeCastExpression',
]);

/** Fields of nodes without a row (JSX, TypeScript's enums and namespaces, proposals) that are no syntax. */
const NOT_SYNTAX = new Set([
	...['type', 'start', 'end', 'loc', 'range', 'extra', 'errors', 'tokens', 'comments'],
	...['leadingComments', 'innerComments', 'trailingComments', 'parent'],
	...['typeAnnotation', 'returnType', 'typeParameters', 'typeArguments', 'superTypeParameters', 'implements'],
]);

class Printer {
	text = '';
	private readonly spans: Map<object, Span> | null;

	constructor(spans: Map<object, Span> | null) {
		this.spans = spans;
	}

	/** A field of a node: a node, a list, a string, or nothing. */
	value(value: unknown): void {
		if (value === null || value === undefined) this.text += '-';
		else if (Array.isArray(value)) this.list(value);
		else if (typeof value === 'object') this.node(value as Shape);
		else this.text += typeof value === 'string' ? JSON.stringify(value) : String(value);
	}

	private list(items: readonly unknown[]): void {
		this.text += '[';
		let first = true;
		for (const item of items) {
			if (item && isShape(item) && leftOut(item)) continue;
			if (!first) this.text += ' ';
			first = false;
			this.value(item);
		}
		this.text += ']';
	}

	private node(node: Shape): void {
		const start = this.text.length;
		if (TRANSPARENT.has(node.type)) this.node(node['expression'] as Shape);
		else if (!this.leaf(node)) {
			const form = FORMS[node.type];
			if (form) this.form(node, form);
			else this.other(node);
		}
		this.spans?.set(node, { start, end: this.text.length });
	}

	private form(node: Shape, [head, ...fields]: readonly [string, ...string[]]): void {
		this.text += `(${head}`;
		for (const field of fields) {
			if (field.startsWith('?')) {
				if (node[field.slice(1)]) this.text += ` ${field.slice(1)}`;
				continue;
			}
			this.text += ' ';
			const value = node[field];
			if (field === 'key') this.key(node);
			else if (isShape(value) && leftOut(value)) this.text += '-';
			else this.value(value);
		}
		this.text += ')';
	}

	/** Nodes whose text is not simply their fields. False if `node` is none of them. */
	private leaf(node: Shape): boolean {
		switch (node.type) {
			case 'Identifier':
				this.text += `(id ${node['name'] as string})`;
				return true;
			case 'StringLiteral':
			case 'DirectiveLiteral':
				this.text += `(str ${JSON.stringify(node['value'])})`;
				return true;
			case 'NumericLiteral':
				this.text += `(num ${String(node['value'])})`;
				return true;
			case 'BigIntLiteral':
				// A bigint in Babel 8, its source digits in Babel 7.
				this.text += `(bigint ${String(BigInt(node['value'] as string | bigint))})`;
				return true;
			case 'BooleanLiteral':
				this.text += `(${String(node['value'])})`;
				return true;
			case 'NullLiteral':
				this.text += '(null)';
				return true;
			case 'RegExpLiteral':
				this.text += `(regexp ${JSON.stringify(node['pattern'])} ${JSON.stringify([...(node['flags'] as string)].sort().join(''))})`;
				return true;
			case 'TemplateElement': {
				const { cooked, raw } = node['value'] as { cooked?: string | null; raw: string };
				this.text += `(chunk ${JSON.stringify(raw)} ${cooked === null || cooked === undefined ? '-' : JSON.stringify(cooked)})`;
				return true;
			}
			case 'MemberExpression':
				this.text += '(member ';
				this.value(node['object']);
				this.text += ' ';
				this.key(node, node['property'] as Shape);
				this.text += ')';
				return true;
			case 'OptionalMemberExpression':
			case 'OptionalCallExpression':
				this.text += '(chain ';
				this.link(node);
				this.text += ')';
				return true;
			case 'CallExpression':
				return this.importCall(node);
			default:
				return false;
		}
	}

	/** A part of an optional chain: `a?.b.c` is one chain, `(a?.b).c` is a member of one. */
	private link(node: Shape): void {
		const calls = node.type === 'OptionalCallExpression';
		this.text += calls ? '(call ' : '(member ';
		if (node['optional']) this.text += 'optional ';
		this.linkObject((calls ? node['callee'] : node['object']) as Shape);
		this.text += ' ';
		if (calls) this.value(node['arguments']);
		else this.key(node, node['property'] as Shape);
		this.text += ')';
	}

	private linkObject(node: Shape): void {
		const start = this.text.length;
		if (TRANSPARENT.has(node.type)) this.linkObject(node['expression'] as Shape);
		else if (node.type === 'OptionalMemberExpression' || node.type === 'OptionalCallExpression') this.link(node);
		else {
			this.value(node);
			return;
		}
		this.spans?.set(node, { start, end: this.text.length });
	}

	/** `import(x)` is a call of `Import` or an `ImportExpression`, by an option of the parser. */
	private importCall(node: Shape): boolean {
		if ((node['callee'] as Shape).type !== 'Import') return false;
		const [source, options] = node['arguments'] as Shape[];
		this.text += '(import - ';
		this.value(source);
		this.text += ' ';
		this.value(options);
		this.text += ')';
		return true;
	}

	/** A property name: what it evaluates to when it is static, `(computed e)` otherwise. */
	private key(node: Shape, key = node['key'] as Shape): void {
		const start = this.text.length;
		if (node['computed']) {
			this.text += '(computed ';
			this.value(key);
			this.text += ')';
		} else if (key.type === 'PrivateName') {
			this.value(key);
			return;
		} else {
			const name = String(key.type === 'Identifier' ? key['name'] : key['value']);
			// `{ __proto__ }` makes a property, `{ __proto__: x }` sets the prototype.
			this.text += name === '__proto__' && node['shorthand'] ? '(computed (str "__proto__"))' : JSON.stringify(name);
		}
		this.spans?.set(key, { start, end: this.text.length });
	}

	private other(node: Shape): void {
		this.text += `(${node.type}`;
		for (const field of Object.keys(node).sort()) {
			const value = node[field];
			if (NOT_SYNTAX.has(field) || value === null || value === undefined || value === false) continue;
			this.text += ` ${field} `;
			this.value(value);
		}
		this.text += ')';
	}
}

function isShape(value: unknown): value is Shape {
	return typeof value === 'object' && value !== null && typeof (value as Shape).type === 'string';
}

/** Nodes that say nothing about what the program does. */
export function leftOut(node: Shape): boolean {
	switch (node.type) {
		case 'EmptyStatement':
		case 'TSInterfaceDeclaration':
		case 'TSTypeAliasDeclaration':
		case 'TSDeclareFunction':
		case 'TSDeclareMethod':
		case 'TSIndexSignature':
		case 'TSTypeAnnotation':
		case 'TypeAnnotation':
		case 'TypeAlias':
		case 'OpaqueType':
		case 'InterfaceDeclaration':
			return true;
		case 'Directive':
			return /^use durable(?: as .*)?$/u.test((node['value'] as Shape)['value'] as string);
		case 'Identifier':
			// TypeScript's `this` parameter: no other list of nodes holds an identifier of that name.
			return node['name'] === 'this';
		case 'ImportDeclaration':
		case 'ImportSpecifier':
			return node['importKind'] === 'type' || node['importKind'] === 'typeof';
		case 'ExportNamedDeclaration':
		case 'ExportSpecifier':
			return node['exportKind'] === 'type';
		case 'ClassDeclaration':
		case 'ClassExpression':
			// An abstract class is there when the program runs; only abstract members are not.
			return node['declare'] === true;
		default:
			return node['declare'] === true || node['abstract'] === true;
	}
}
