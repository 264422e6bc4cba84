/**
 * Where values come from, as far as the text of one file tells: an expression or a binding, or a part
 * of it, to the functions, calls, parameters and imports that it may have come from. Types are not needed.
 *
 * What is found is a union over everything that may flow there, whatever the order, so each pair of place
 * and path is looked at once and cycles add nothing.
 */
import type * as t from '@babel/types';
import { type Binding, type FunctionNode, unwrap } from '../1-parse/scope.ts';
import { isModuleValue } from '../3-analyze/module-value.ts';
import { calledBy, EACH, outOfTypes, type Path } from './flows.ts';
import { keyOf } from './member-names.ts';
import type { Call, Made, Maker, Origin, Query, Source } from './origin.ts';
import { OriginQuery } from './origin-query.ts';

/** Questions within questions. */
const MOST_NESTED = 8;

export class Origins {
	readonly source: Source;
	#nested = 0;
	readonly #around = new Map<t.Node, t.Node | null>();
	/** Callees are asked for again and again. */
	readonly #callees = new Map<t.Node, readonly Origin[]>();

	constructor(source: Source) {
		this.source = source;
	}

	/** What the part at `path` of the value of an expression may be. */
	of(node: t.Node, path: Path = []): readonly Origin[] {
		return this.#ask((query) => query.expression(node, path));
	}

	/** What the part at `path` of what a binding holds may be. */
	ofBinding(binding: Binding, path: Path = []): readonly Origin[] {
		return this.#ask((query) => query.binding(binding, path));
	}

	/** What a function that is no generator may return; of an async one, what its promise is fulfilled with. */
	ofResult(fn: FunctionNode, path: Path = []): readonly Origin[] {
		return this.#ask((query) => query.result(fn, path));
	}

	/** The functions that a call may enter, and whatever else its callee may be. */
	ofCallee(call: Call | t.NewExpression): readonly Origin[] {
		const known = this.#callees.get(call);
		if (known) return known;
		const found = this.of(call.type === 'TaggedTemplateExpression' ? call.tag : call.callee);
		// A question within questions may have been cut off.
		if (this.#nested === 0) this.#callees.set(call, found);
		return found;
	}

	isCollection(node: t.Expression): boolean {
		const { types } = this.source;
		if (types !== null) return types.isCollection(node);
		const origins = this.of(node);
		return origins.length > 0 && origins.every(({ kind }) => kind === 'collection');
	}

	/** Does the language itself make its iterators? */
	isIterable(node: t.Expression): boolean {
		return this.source.types?.isIterable(node) ?? this.isCollection(node);
	}

	#ask(question: (query: Query) => void): readonly Origin[] {
		if (this.#nested >= MOST_NESTED) return [];
		this.#nested++;
		const query = new OriginQuery(this);
		question(query);
		this.#nested--;
		return query.found;
	}

	/** The durable function that a node stands in, itself included; null for code that is none of a run. */
	durableAround(node: t.Node | null): t.Node | null {
		const { durable, flows } = this.source;
		if (node === null) return null;
		const known = this.#around.get(node);
		if (known !== undefined) return known;
		const found = durable.has(node) ? node : this.durableAround(flows.parentOf(node));
		this.#around.set(node, found);
		return found;
	}

	makerOf(node: Made): Maker {
		const { durable, flows } = this.source;
		if (durable.has(node)) return 'durable';
		if (this.durableAround(flows.parentOf(node)) !== null) return 'run';
		return this.isNamed(node) ? 'module' : 'outside';
	}

	/** Is it the whole value of a name of the module, by which it is saved: a function, a class, or `effect(...)`? */
	isNamed(node: Made | Call): boolean {
		const { durable, scopes } = this.source;
		const name = this.#boundTo(node);
		const binding = name === null ? undefined : scopes.module.bindings.get(name);
		return binding !== undefined && isModuleValue(binding, durable);
	}

	/** The name at the top level of the module that something is the whole value of. */
	#boundTo(node: Made | Call): string | null {
		const { parentOf } = this.source.flows;
		if (node.type === 'FunctionDeclaration' || node.type === 'ClassDeclaration') {
			const parent = parentOf(node);
			const top = parent?.type === 'Program' || parent?.type.startsWith('Export');
			return top ? (node.id?.name ?? null) : null;
		}
		const parent = outOfTypes(node, parentOf);
		if (parent?.type !== 'VariableDeclarator' || parent.id.type !== 'Identifier') return null;
		const above = parentOf(parentOf(parent)!);
		return above?.type === 'Program' || above?.type === 'ExportNamedDeclaration' ? parent.id.name : null;
	}

	/** The name of a global that an expression is, with static keys: `Promise.all`. Null for anything else. */
	globalName(node: t.Node): string | null {
		const plain = unwrap(node);
		if (plain.type === 'Identifier') {
			const reference = this.source.scopes.references.get(plain);
			return reference && reference.binding === null ? plain.name : null;
		}
		if (plain.type !== 'MemberExpression' && plain.type !== 'OptionalMemberExpression') return null;
		const key = keyOf(plain);
		const object = key === EACH ? null : this.globalName(plain.object);
		return object === null ? null : `${object}.${key}`;
	}

	/** The same for a constructor: nothing extends its class or has it under another name. */
	#newsOf(node: t.Class): readonly t.NewExpression[] | null {
		const { flows, scopes } = this.source;
		const declarator = outOfTypes(node, flows.parentOf);
		const ids = [node.id, declarator?.type === 'VariableDeclarator' ? declarator.id : null];
		const bindings = [
			scopes.classes.get(node),
			...ids.map((id) => (id?.type === 'Identifier' ? scopes.declared.get(id) : undefined)),
		];
		if (node.type === 'ClassExpression' && declarator?.type !== 'VariableDeclarator') return null;
		const uses = new Set(bindings.flatMap((binding) => (binding ? flows.uses(binding) : [])));
		const news: t.NewExpression[] = [];
		for (const use of uses) {
			const call = calledBy(use, flows);
			const around = outOfTypes(use, flows.parentOf);
			if (call?.type === 'NewExpression') news.push(call);
			else if (around?.type === 'BinaryExpression' && around.operator === 'instanceof') continue;
			else if (around?.type !== 'MemberExpression' || unwrap(around.object) !== use || keyOf(around) === 'prototype')
				return null;
		}
		return news;
	}

	/**
	 * The calls of a function that are all there are: where it has a name that is only ever called.
	 * Null where others may call it.
	 */
	callsOf(fn: FunctionNode): readonly (Call | t.NewExpression)[] | null {
		const { flows, scopes } = this.source;
		if (fn.type === 'ClassMethod' && fn.kind === 'constructor')
			return this.#newsOf(flows.parentOf(flows.parentOf(fn)!) as t.Class);
		const direct = calledBy(fn, flows);
		if (direct) return direct.type === 'NewExpression' ? null : [direct];
		const declaration = fn.type === 'FunctionDeclaration' ? fn : outOfTypes(fn, flows.parentOf);
		const id =
			declaration?.type === 'FunctionDeclaration' || declaration?.type === 'VariableDeclarator' ? declaration.id : null;
		const binding = id?.type === 'Identifier' ? scopes.declared.get(id) : undefined;
		if (!binding || flows.parentOf(declaration!)?.type.startsWith('Export')) return null;
		if (
			declaration!.type === 'VariableDeclarator' &&
			flows.parentOf(flows.parentOf(declaration!)!)?.type.startsWith('Export')
		)
			return null;
		if (flows.inflows(binding).length !== 1) return null;
		const calls = flows.uses(binding).map((use) => calledBy(use, flows));
		return calls.every((call) => call !== null && call.type !== 'NewExpression') ? (calls as Call[]) : null;
	}
}
