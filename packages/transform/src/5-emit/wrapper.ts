/**
 * Puts a wrapper where a durable function stood: a plain function that enters the compiled body, with
 * the brand, name and `length` of the async or generator function that was written. By the form of the function:
 *  - a declaration stays a hoisted declaration, so that it can be called before its line and in an
 *    import cycle; hence its definition is made at first use;
 *  - an expression becomes a method or an arrow (neither can be constructed, both have no
 *    `prototype`), taken out of an object literal that gives it its name;
 *  - a method of a class stays one, and a static block before all others binds it.
 */
import * as t from '@babel/types';
import {
	arrow,
	assign,
	block,
	call,
	data,
	declare,
	functionDeclaration,
	give,
	id,
	located,
	member,
	object,
	property,
	run,
	str,
	thisValue,
	throwStatement,
	when,
} from './build.ts';
import { type CallableParts, detached, enter, type Key, memberOf, methodOf } from './callable.ts';
import { type Edit, isStatementList, type StatementList } from './edit.ts';
import { baseName } from './names.ts';
import { signatureOf } from './signature.ts';

export interface WrapperParts extends CallableParts {
	/** Step functions, and variables for the closures' definitions. */
	readonly statements: readonly t.Statement[];
	readonly definition: t.Expression;
	/** A variable for the `this` around the function: an arrow's body reads it, wherever it is called from. */
	readonly outerThis: string | null;
	/** A variable for the home object of the method that the function is, or of the static field around it. */
	readonly home: string | null;
	/** A module: strict code. */
	readonly isModule: boolean;
}

export function emitWrapper(parts: WrapperParts): Edit[] {
	return new WrapperEmitter(parts).emit();
}

type Method = t.ClassMethod | t.ClassPrivateMethod;

class WrapperEmitter {
	private readonly parts: WrapperParts;
	private readonly base: string;
	/** The list of statements around the function, and which of them it is in. */
	private readonly list: StatementList;
	private readonly statement: t.Node;
	/** The class that the function is a method or a static field of. */
	private readonly body: t.ClassBody | null;
	private readonly definitionName: string;

	constructor(parts: WrapperParts) {
		this.parts = parts;
		this.base = baseName(parts.fn.path);
		const path = [...parts.fn.parents, parts.fn.node];
		const list = path.findLastIndex((node, index) => index < path.length - 1 && isStatementList(node));
		this.list = path[list] as StatementList;
		this.statement = path[list + 1]!;
		this.body = (path.slice(list).findLast((node) => node.type === 'ClassBody') as t.ClassBody | undefined) ?? null;
		this.definitionName = parts.names.pick(`${this.base}$def`);
	}

	emit(): Edit[] {
		const { node } = this.parts.fn;
		switch (node.type) {
			case 'FunctionDeclaration':
				return this.list.type === 'Program' ? this.topDeclaration(node) : this.blockDeclaration(node);
			case 'FunctionExpression':
			case 'ArrowFunctionExpression':
				return this.expression(node);
			case 'ObjectMethod':
				return this.objectMethod(node);
			case 'ClassMethod':
			case 'ClassPrivateMethod':
				return this.classMethod(node);
		}
	}

	private topDeclaration(node: t.FunctionDeclaration): Edit[] {
		const { names, helpers, directives } = this.parts;
		const anonymous = node.id == null;
		const name = node.id?.name ?? names.pick('_default');
		const lazy = this.lazyDefinition();
		const { params } = signatureOf(node.params, names);
		const called = anonymous ? 'default' : name;
		const refuse = {
			type: 'IfStatement',
			test: { type: 'MetaProperty', meta: id('new'), property: id('target') },
			consequent: throwStatement({
				type: 'NewExpression',
				callee: id('TypeError'),
				arguments: [str(`${called} is not a constructor`)],
			} as unknown as t.NewExpression),
			alternate: null,
		} as unknown as t.IfStatement;
		const wrapper: t.FunctionDeclaration = {
			...node,
			id: node.id ?? id(name),
			async: false,
			generator: false,
			params,
			body: block([refuse, enter(this.parts, lazy.use)], directives),
			leadingComments: null,
			trailingComments: null,
			innerComments: null,
		};
		const bound = [run(call(helpers.use('bind'), [id(name), lazy.use]))];
		if (anonymous) bound.push(run(this.rename(id(name))));
		return [
			{ kind: 'replace', node, by: [wrapper] },
			{ kind: 'after', node: this.statement, nodes: [...this.parts.statements, ...lazy.statements] },
			{ kind: 'top', node: this.list, nodes: bound },
		];
	}

	/** The name that an anonymous default export has; it needs one of its own to be bound. */
	private rename(wrapper: t.Expression): t.Expression {
		const descriptor = object([property('value', str('default')), property('configurable', data(true))]);
		return call(member(id('Object'), 'defineProperty'), [wrapper, str('name'), descriptor]);
	}

	/** Async functions in blocks never leave their block (ECMA-262 B.3.3 is for plain ones only): a `let` on top does not either. */
	private blockDeclaration(node: t.FunctionDeclaration): Edit[] {
		const lazy = this.lazyDefinition();
		const around = this.parts.fn.parents.at(-2);
		if (around?.type === 'SwitchStatement' && this.parts.isModule) return this.caseDeclaration(node, around, lazy);
		const bound = this.bind(detached(this.parts, node, node.id!.name, lazy.use), lazy.use);
		return [
			{ kind: 'replace', node, by: [...this.parts.statements, ...lazy.statements] },
			{ kind: 'top', node: this.list, nodes: [declare('let', [[id(node.id!.name), bound]])] },
		];
	}

	/** Every case sees it, whichever is entered; a plain function in a block of strict code does not leave that either. */
	private caseDeclaration(
		node: t.FunctionDeclaration,
		around: t.SwitchStatement,
		lazy: { readonly use: t.Expression; readonly statements: readonly t.Statement[] },
	): Edit[] {
		const wrapper = {
			...node,
			async: false,
			generator: false,
			params: signatureOf(node.params, this.parts.names).params,
			body: block([enter(this.parts, lazy.use)], this.parts.directives),
		} as t.FunctionDeclaration;
		const bound = () => run(this.bind(id(node.id!.name), lazy.use));
		return [
			{ kind: 'replace', node, by: [uncommented(wrapper), ...this.parts.statements, ...lazy.statements] },
			...around.cases
				.filter(({ consequent }) => consequent.length > 0)
				.map((clause): Edit => ({ kind: 'top', node: clause, nodes: [bound()] })),
		];
	}

	private expression(node: t.FunctionExpression | t.ArrowFunctionExpression): Edit[] {
		const { fn } = this.parts;
		if (node.type === 'FunctionExpression' && node.id && mentions([...node.params, node.body], node.id.name)) {
			return this.selfReference(node, node.id.name);
		}
		const host = this.body ? this.classDefinition([]) : this.lazyHost();
		const bound = this.bind(detached(this.parts, node, fn.name ?? '', host.use), host.use);
		return [{ kind: 'replace', node, by: [located(bound, node.loc)] }, ...host.edits];
	}

	/** Its own name is in scope in its body only: so is what was made of the body. */
	private selfReference(node: t.FunctionExpression, name: string): Edit[] {
		const definition = id(this.definitionName);
		const body = [
			...this.parts.statements,
			declare('const', [[definition, this.parts.definition]]),
			declare('const', [[id(name), this.bind(detached(this.parts, node, name, definition), definition)]]),
			give(id(name)),
		];
		return [{ kind: 'replace', node, by: [located(call(arrow([], block(body)), []), node.loc)] }];
	}

	private objectMethod(node: t.ObjectMethod): Edit[] {
		const host = this.body ? this.classDefinition([]) : this.lazyHost();
		const { key, edits } = this.key(node);
		const made = methodOf(this.parts, node, key, host.use);
		const found = memberOf(object([made]), key);
		const replaced = {
			type: 'ObjectProperty',
			key: key.first,
			computed: node.computed,
			shorthand: false,
		} as t.ObjectProperty;
		replaced.value = this.bind(found, host.use);
		return [...this.keepHome(), { kind: 'replace', node, by: [replaced] }, ...edits, ...host.edits];
	}

	/** The home object of a method in an object literal is that object. */
	private keepHome(): Edit[] {
		const { home, fn } = this.parts;
		if (!home) return [];
		return [
			{ kind: 'keep', node: fn.parents.at(-1) as t.ObjectExpression, name: home },
			{ kind: 'after', node: this.statement, nodes: [declare('var', [[id(home), null]])] },
		];
	}

	private classMethod(node: Method): Edit[] {
		const decorated = (node.decorators?.length ?? 0) > 0;
		if (node.type === 'ClassPrivateMethod' && !node.static && !decorated) return this.privateMethod(node);
		const { names } = this.parts;
		const { key, edits } = this.key(node);
		const self = thisValue();
		const found = memberOf(node.static ? self : member(self, 'prototype'), key);
		const definition = id(this.definitionName);
		const undecorated = decorated ? this.undecorated(node, found) : null;
		const host = this.classDefinition([run(this.bind(undecorated?.found ?? found, definition))]);
		const wrapper = {
			...node,
			key: key.first,
			async: false,
			generator: false,
			params: signatureOf(node.params, names).params,
			body: block([enter(this.parts, definition)], this.parts.directives),
			...(undecorated && { decorators: [...node.decorators!, undecorated.first] }),
		} as Method;
		const more = undecorated ? undecorated.edits : [];
		return [{ kind: 'replace', node, by: [uncommented(wrapper)] }, ...edits, ...more, ...host.edits];
	}

	/**
	 * What is to be bound is the method itself, not what decorators have made of it. Standard ones have
	 * run before the static block, so one of our own, which is applied first, keeps the method;
	 * TypeScript's older ones run behind the class.
	 */
	private undecorated(node: Method, found: t.Expression) {
		const { names } = this.parts;
		const kept = names.pick(`${this.base}$method`);
		const [value, context] = [names.pick('value'), names.pick('context')];
		const isStandard = {
			type: 'BinaryExpression',
			operator: '===',
			left: { type: 'UnaryExpression', operator: 'typeof', prefix: true, argument: id(context) },
			right: str('object'),
		} as t.BinaryExpression;
		const keep = arrow([id(value), id(context)], block([when(isStandard, [run(assign(id(kept), id(value)))])]));
		const first = { type: 'Decorator', expression: keep } as t.Decorator;
		const either = { type: 'LogicalExpression', operator: '??', left: id(kept), right: found } as t.LogicalExpression;
		const edits: Edit[] = [{ kind: 'after', node: this.statement, nodes: [declare('var', [[id(kept), null]])] }];
		return { first, edits, found: node.type === 'ClassPrivateMethod' && !node.static ? id(kept) : either };
	}

	/**
	 * A private method exists on instances only, where nothing could bind it once for all of them; a
	 * private getter of one bound function looks the same to its users.
	 */
	private privateMethod(node: t.ClassPrivateMethod): Edit[] {
		const { names } = this.parts;
		const bound = names.pick(`${this.base}$bound`);
		const definition = id(this.definitionName);
		const wrapper = detached(this.parts, node, `#${node.key.id.name}`, definition);
		const host = this.classDefinition([run(assign(id(bound), this.bind(wrapper, definition)))]);
		const getter = {
			...node,
			kind: 'get',
			async: false,
			generator: false,
			params: [],
			returnType: null,
			typeParameters: null,
			body: block([give(id(bound))]),
		} as unknown as t.ClassPrivateMethod;
		const variable = declare('var', [[id(bound), null]]);
		return [
			{ kind: 'replace', node, by: [uncommented(getter)] },
			{ kind: 'after', node: this.statement, nodes: [variable] },
			...host.edits,
		];
	}

	/** `function x$def$() { return x$def ??= define(...) }`: made at first use, however early that is. */
	private lazyDefinition(): { readonly use: t.Expression; readonly statements: t.Statement[] } {
		const { names, definition } = this.parts;
		const name = names.pick(`${this.base}$d`);
		const made = give(assign(id(this.definitionName), definition, '??='));
		return {
			use: call(id(name), []),
			statements: [declare('var', [[id(this.definitionName), null]]), functionDeclaration(name, [], block([made]))],
		};
	}

	private lazyHost(): { readonly use: t.Expression; readonly edits: Edit[] } {
		const lazy = this.lazyDefinition();
		const nodes = [...this.parts.statements, ...lazy.statements];
		const edits: Edit[] = [{ kind: 'after', node: this.statement, nodes }];
		const { outerThis, home, fn } = this.parts;
		if (outerThis)
			edits.push({ kind: 'top', node: this.list, nodes: [declare('const', [[id(outerThis), thisValue()]])] });
		if (home && fn.node.type !== 'ObjectMethod')
			edits.push({ kind: 'top', node: this.list, nodes: [declare('const', [[id(home), thisValue()]])] });
		return { use: lazy.use, edits };
	}

	/** In a static block, where the body sees the class's private names; a class is never used before its line. */
	private classDefinition(then: readonly t.Statement[]): { readonly use: t.Expression; readonly edits: Edit[] } {
		const made = run(assign(id(this.definitionName), this.parts.definition));
		const { outerThis, home, fn } = this.parts;
		const kept = outerThis ? [declare('const', [[id(outerThis), thisValue()]])] : [];
		if (home && fn.node.type !== 'ObjectMethod') {
			const ofInstances = t.isMethod(fn.node) && !(fn.node as Method).static;
			kept.push(declare('const', [[id(home), ofInstances ? member(thisValue(), 'prototype') : thisValue()]]));
		}
		const body = [...kept, ...this.parts.statements, made, ...then];
		const hook = { type: 'StaticBlock', body } as t.StaticBlock;
		const variable = declare('var', [[id(this.definitionName), null]]);
		return {
			use: id(this.definitionName),
			edits: [
				{ kind: 'top', node: this.body!, nodes: [hook] },
				{ kind: 'after', node: this.statement, nodes: [variable] },
			],
		};
	}

	private bind(wrapper: t.Expression, definition: t.Expression): t.Expression {
		return call(this.parts.helpers.use('bind'), [wrapper, definition]);
	}

	/** The key of a method: evaluated once where it stands, kept if it is computed. */
	private key(node: Method | t.ObjectMethod): { readonly key: Key; readonly edits: Edit[] } {
		if (node.type === 'ClassPrivateMethod' || !node.computed) {
			return { key: { first: node.key, again: node.key, computed: false }, edits: [] };
		}
		if (t.isLiteral(node.key)) return { key: { first: node.key, again: node.key, computed: true }, edits: [] };
		const { names, helpers } = this.parts;
		const kept = names.pick(`${this.base}$key`);
		const first = assign(id(kept), call(helpers.use('propertyKey'), [node.key]));
		const variable = declare('var', [[id(kept), null]]);
		return {
			key: { first, again: id(kept), computed: true },
			edits: [{ kind: 'after', node: this.statement, nodes: [variable] }],
		};
	}
}

function mentions(nodes: readonly t.Node[], name: string): boolean {
	let found = false;
	for (const node of nodes) {
		t.traverseFast(node, (inner) => {
			if (inner.type === 'Identifier' && inner.name === name) found = true;
		});
	}
	return found;
}

function uncommented<N extends t.Node>(node: N): N {
	return { ...node, leadingComments: null, trailingComments: null, innerComments: null };
}
