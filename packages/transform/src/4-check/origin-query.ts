/** One question: what was looked at, and what was found. */
import type * as t from '@babel/types';
import { type Binding, type FunctionNode, isFunctionNode, unwrap } from '../1-parse/scope.ts';
import { importParts } from '../2-lower/imports.ts';
import { isOnlyRead, mayChange } from './constancy.ts';
import type { Inflow, Path } from './flows.ts';
import { keyOf } from './member-names.ts';
import type { Made, Origin, Query } from './origin.ts';
import type { Origins } from './origins.ts';
import { awaited, call, construct, parameter } from './query-calls.ts';
import { partOfArray, partOfClass, partOfObject, receiver } from './query-objects.ts';
import { written } from './query-writes.ts';
import { returnsIn } from './returns.ts';

/** Deeper into a value than this nobody looks. */
const DEEPEST = 6;

export class OriginQuery implements Query {
	readonly found: Origin[] = [];
	readonly origins: Origins;
	readonly #seen = new Map<object, Set<string>>();

	constructor(origins: Origins) {
		this.origins = origins;
	}

	add(origin: Origin): void {
		this.found.push(origin);
	}

	first(place: object, path: Path): boolean {
		const paths = this.#seen.get(place) ?? new Set();
		this.#seen.set(place, paths);
		const key = path.join('\n');
		if (paths.has(key) || path.length > DEEPEST) return false;
		paths.add(key);
		return true;
	}

	expression(expression: t.Node, path: Path): void {
		const node = unwrap(expression);
		if (!this.first(node, path)) return;
		if (importParts(node as t.Expression) !== null) {
			this.add({ kind: 'namespace', node: node as t.Expression, path });
			return;
		}
		switch (node.type) {
			case 'Identifier':
				this.#identifier(node, path);
				return;
			case 'ThisExpression':
				this.#this(node, path);
				return;
			case 'FunctionExpression':
			case 'ArrowFunctionExpression':
			case 'ClassExpression':
				this.made(node, path);
				return;
			case 'ObjectExpression':
				if (path.length === 0) this.add({ kind: 'object', node });
				else partOfObject(this, node, path);
				return;
			case 'ArrayExpression':
				if (path.length === 0) this.add({ kind: 'collection' });
				else partOfArray(this, node, path);
				return;
			case 'MemberExpression':
			case 'OptionalMemberExpression':
				if (node.object.type === 'Super') this.add({ kind: 'unknown', node });
				else this.expression(node.object, [keyOf(node), ...path]);
				return;
			case 'CallExpression':
			case 'OptionalCallExpression':
			case 'TaggedTemplateExpression':
				call(this, node, path);
				return;
			case 'NewExpression':
				construct(this, node, path);
				return;
			case 'AwaitExpression':
				awaited(this, node.argument, path);
				return;
			case 'ConditionalExpression':
				this.expression(node.consequent, path);
				this.expression(node.alternate, path);
				return;
			case 'LogicalExpression':
				if (node.operator !== '&&') this.expression(node.left, path);
				this.expression(node.right, path);
				return;
			case 'SequenceExpression':
				this.expression(node.expressions.at(-1)!, path);
				return;
			case 'AssignmentExpression':
				if (node.operator !== '=') this.expression(node.left, path);
				this.expression(node.right, path);
				return;
			case 'StringLiteral':
			case 'NumericLiteral':
			case 'BooleanLiteral':
			case 'NullLiteral':
			case 'BigIntLiteral':
			case 'RegExpLiteral':
			case 'TemplateLiteral':
			case 'BinaryExpression':
			case 'UnaryExpression':
			case 'UpdateExpression':
				this.add({ kind: 'data' });
				return;
			default:
				this.add({ kind: 'unknown', node });
		}
	}

	#identifier(node: t.Identifier, path: Path): void {
		const { scopes } = this.origins.source;
		const binding = (scopes.references.get(node) ?? { binding: scopes.declared.get(node) }).binding;
		if (binding) this.binding(binding, path);
		else if (binding === undefined || node.name === 'undefined') this.add({ kind: 'data' });
		else this.add({ kind: 'global', name: [node.name, ...path].join('.') });
	}

	binding(binding: Binding, path: Path): void {
		if (!this.first(binding, path)) return;
		const { flows, types } = this.origins.source;
		const before = this.found.length;
		if (binding.kind === 'this') {
			receiver(this, binding, path);
			return;
		}
		if (
			binding.kind === 'arguments' ||
			(types === null && (mayChange(binding) || (path.length > 0 && !isOnlyRead(binding, flows))))
		)
			this.add({ kind: 'unknown', node: binding.node });
		else for (const inflow of flows.inflows(binding)) this.#inflow(inflow, binding, path);
		if (types === null || path.length === 0) return;
		for (const use of flows.uses(binding)) written(this, use, path);
		// What nobody here puts into a collection of the module, others do.
		if (binding.scope.fn === null && this.found.length === before) this.add({ kind: 'unknown', node: binding.node });
	}

	#this(node: t.ThisExpression, path: Path): void {
		const binding = this.origins.source.scopes.references.get(node)?.binding;
		if (binding) this.binding(binding, path);
		else this.add({ kind: 'unknown', node });
	}

	#inflow(inflow: Inflow, { name }: Binding, path: Path): void {
		switch (inflow.kind) {
			case 'value':
				this.expression(inflow.node, [...inflow.path, ...path]);
				return;
			case 'parameter':
				this.parameter(inflow, [...inflow.path, ...path]);
				return;
			case 'declared':
				this.made(inflow.node, path);
				return;
			case 'import':
				this.add({ kind: 'import', node: inflow.node, name, from: inflow.from, path });
				return;
			case 'caught':
				this.add(path.length === 0 ? { kind: 'caught' } : { kind: 'unknown', node: { type: 'CatchClause' } as t.Node });
				return;
			case 'data':
				this.add({ kind: 'data' });
		}
	}

	parameter(inflow: Extract<Inflow, { kind: 'parameter' }>, path: Path): void {
		parameter(this, inflow, path);
	}

	made(node: Made, path: Path): void {
		const { types } = this.origins.source;
		if (path.length > 0 && types !== null && !isFunctionNode(node) && this.origins.makerOf(node) === 'run')
			partOfClass(this, node, path);
		else if (path.length > 0) this.add({ kind: 'unknown', node });
		else this.add({ kind: 'function', node, maker: this.origins.makerOf(node) });
	}

	result(fn: FunctionNode, path: Path): void {
		if (!this.first(fn, ['()', ...path])) return;
		if (fn.body.type !== 'BlockStatement') {
			this.expression(fn.body, path);
			return;
		}
		for (const node of returnsIn(fn.body)) {
			const value = node.argument!;
			if (fn.async && unwrap(value).type === 'CallExpression') awaited(this, value, path);
			else this.expression(value, path);
		}
	}
}
