/**
 * Walks a durable function as it was written and as TypeScript printed it, side by side: they must be one
 * function, with nothing gone but types. What TypeScript may have put in the place of something is known:
 * `(0, shop_1.charge)` or `exports.rate` for a name of the module, a literal for a member of a const enum, a
 * promise of `require` for an `import()`, statements for an enum. All that is kept, so that it can be put
 * into compiled code as well. Nodes of the printed function get the places of the written one.
 */
import * as t from '@babel/types';
import { type FunctionNode, type Scopes, unwrap } from '../1-parse/scope.ts';
import { leftOut } from '../3-analyze/canonical.ts';
import { type ComputedImports, printedSpecifier, writtenSpecifier } from './import-calls.ts';

/** What stands in the output for something of the source, as text. */
export interface Rewritten {
	/** By the name of a binding of the module: `shop_1.charge`. */
	readonly names: Map<string, string>;
	/** By `Color.Red`: `0 /* Color.Red *\/`. */
	readonly members: Map<string, string>;
	/** By the specifier of an `import()` that is written out. */
	readonly imports: Map<string, string>;
	/** For those whose specifier is computed. */
	readonly computed: ComputedImports;
}

export function nothingRewritten(): Rewritten {
	return { names: new Map(), members: new Map(), imports: new Map(), computed: { specifier: null, call: null } };
}

export interface AlignContext {
	/** Of the source. */
	readonly scopes: Scopes;
	/** Text of the output. */
	readonly output: string;
	/** What was found is added. */
	readonly rewritten: Rewritten;
}

/** Gives the first node as written that the output has something else for, or null when there is none. */
export function align(written: FunctionNode, printed: FunctionNode, context: AlignContext): t.Node | null {
	return new Aligner(context).functions(written, printed);
}

/** Fields that only types have, and those of nodes that decorate. */
const TYPES = new Set([
	...['typeAnnotation', 'returnType', 'typeParameters', 'typeArguments', 'superTypeParameters'],
	...['superTypeArguments', 'implements', 'predicate', 'variance'],
]);

/** Fields that are no nodes and are part of the program. */
const PLAIN = ['name', 'operator', 'prefix', 'computed', 'static', 'kind', 'async', 'generator', 'delegate', 'await'];

type Shape = t.Node & Readonly<Record<string, unknown>>;

class Aligner {
	private readonly context: AlignContext;

	constructor(context: AlignContext) {
		this.context = context;
	}

	/**
	 * The durable functions themselves: where they stand, their names and decorators may have been changed.
	 * @returns what differs first.
	 */
	functions(written: FunctionNode, printed: FunctionNode): t.Node | null {
		printed.loc = written.loc ?? null;
		if (Boolean(written.async) !== Boolean(printed.async)) return written;
		if (Boolean(written.generator) !== Boolean(printed.generator)) return written;
		return this.lists(written.params, printed.params, written) ?? this.nodes(written.body, printed.body);
	}

	private nodes(written: t.Node, printed: t.Node): t.Node | null {
		const source = unwrap(written) as Shape;
		const output = unwrap(printed) as Shape;
		printed.loc = written.loc ?? null;
		if (source.type === 'ImportExpression') return this.imports(source as t.ImportExpression, output);
		if (this.isRewritten(source, output)) return null;
		if (source.type !== output.type) return source;
		if (PLAIN.some((field) => plain(source, field) !== plain(output, field))) return source;
		if (literal(source) !== literal(output)) return source;
		for (const key of t.VISITOR_KEYS[source.type] ?? []) {
			if (TYPES.has(key)) continue;
			const found = this.fields(source[key], output[key], source);
			if (found) return found;
		}
		return null;
	}

	private fields(written: unknown, printed: unknown, around: t.Node): t.Node | null {
		if (Array.isArray(written) || Array.isArray(printed)) {
			return this.lists((written ?? []) as t.Node[], (printed ?? []) as t.Node[], around);
		}
		const source = written && !leftOut(written as Shape) ? (written as t.Node) : null;
		const output = printed && !leftOut(printed as Shape) ? (printed as t.Node) : null;
		if (source && output) return this.nodes(source, output);
		return source || output ? (source ?? around) : null;
	}

	private lists(
		written: readonly (t.Node | null)[],
		printed: readonly (t.Node | null)[],
		around: t.Node,
	): t.Node | null {
		const source = written.filter((node) => !node || !leftOut(node as Shape));
		const output = printed.filter((node) => !node || !leftOut(node as Shape));
		let at = 0;
		for (const node of source) {
			if (node?.type === 'TSEnumDeclaration') {
				at += enumStatements(node, output.slice(at));
				continue;
			}
			const other = output[at++];
			if (!node || !other) {
				if (node || other || at > output.length) return node ?? around;
				continue;
			}
			const found = this.nodes(node, other);
			if (found) return found;
		}
		return at < output.length ? around : null;
	}

	/** An `import()`, whatever has become of it, is remembered. */
	private imports(source: t.ImportExpression, output: t.Node): t.Node | null {
		const { imports, computed } = this.context.rewritten;
		const written = writtenSpecifier(source);
		if (written !== null) {
			imports.set(written, this.text(output));
			return null;
		}
		const specifier = printedSpecifier(output);
		if (specifier === null) return source;
		const around = (whole: t.Node) =>
			[this.between(whole.start!, specifier.start!), this.between(specifier.end!, whole.end!)] as const;
		if (output.type !== 'ImportExpression') computed.call = around(output);
		else if (output.source !== specifier) computed.specifier = around(output.source);
		const found = this.nodes(source.source, specifier);
		if (found || output.type !== 'ImportExpression') return found;
		return this.fields(source.options, output.options, source);
	}

	/** Is it something that TypeScript replaces? Then it is remembered by what. */
	private isRewritten(source: Shape, output: Shape): boolean {
		const { names, members } = this.context.rewritten;
		if (source.type === 'Identifier' && this.isOfModule(source)) {
			const name = (source as t.Identifier).name;
			const target = output.type === 'SequenceExpression' ? called(output as t.SequenceExpression) : output;
			if (target === null || !isStaticMember(target)) return false;
			names.set(name, this.text(target));
			return true;
		}
		const path = isStaticMember(source) && this.isOfModule(unwrap(source.object)) ? staticPath(source) : null;
		if (path === null || !isLiteral(output)) return false;
		members.set(path, this.text(output));
		return true;
	}

	private isOfModule(node: t.Node): boolean {
		return this.context.scopes.references.get(node)?.binding?.scope.kind === 'module';
	}

	private text(node: t.Node): string {
		return this.between(node.start!, node.end!);
	}

	private between(start: number, end: number): string {
		return this.context.output.slice(start, end);
	}
}

/** The member that `(0, a.b)` is, and nothing else. */
function called({ expressions }: t.SequenceExpression): t.Node | null {
	const [zero, target, ...more] = expressions;
	return zero?.type === 'NumericLiteral' && zero.value === 0 && target && more.length === 0 ? target : null;
}

export function isStaticMember(node: t.Node): node is t.MemberExpression {
	if (node.type !== 'MemberExpression' || node.object.type !== 'Identifier') return false;
	return node.computed ? node.property.type === 'StringLiteral' : node.property.type === 'Identifier';
}

/** `Color.Red`, also of `Color["Red"]`. */
export function staticPath({ object, property }: t.MemberExpression): string {
	return `${(object as t.Identifier).name}.${property.type === 'Identifier' ? property.name : (property as t.StringLiteral).value}`;
}

function isLiteral(node: t.Node): boolean {
	if (node.type === 'UnaryExpression') return node.operator === '-' && isLiteral(node.argument);
	return node.type === 'NumericLiteral' || node.type === 'StringLiteral';
}

/** How many statements an enum became: a variable, where no other declaration has made it, and a call that fills it; a const one none. */
function enumStatements({ id, const: constant }: t.TSEnumDeclaration, output: readonly (t.Node | null)[]): number {
	const [first, second] = output;
	const declared =
		first?.type === 'VariableDeclaration' && (first.declarations[0]!.id as t.Identifier).name === id.name;
	const filled = declared ? second : first;
	if (constant && !declared) return 0;
	return filled?.type === 'ExpressionStatement' ? (declared ? 2 : 1) : 0;
}

function plain(node: Shape, field: string): string {
	const value = node[field];
	return typeof value === 'string' ? value : String(Boolean(value));
}

function literal(node: Shape): string {
	switch (node.type) {
		case 'TemplateElement':
			return (node['value'] as { raw: string }).raw;
		case 'RegExpLiteral':
			return `${String(node['pattern'])}/${String(node['flags'])}`;
		case 'StringLiteral':
		case 'NumericLiteral':
		case 'BigIntLiteral':
		case 'BooleanLiteral':
		case 'DirectiveLiteral':
		case 'JSXText':
			return String(node['value']);
		case 'OptionalMemberExpression':
		case 'OptionalCallExpression':
			return String(node['optional']);
		default:
			return '';
	}
}
