import type * as t from '@babel/types';
import { type Binding, type FunctionInfo, generatorOf } from '../1-parse/scope.ts';
import {
	array,
	arrow,
	assign,
	block,
	call,
	conditional,
	declare,
	helper,
	id,
	index,
	member,
	nothing,
	object,
	returns,
	statement,
	text,
} from './build.ts';
import type { Closure } from './cfg.ts';
import { capture, lengthOf, localsOf, rewriteFunction } from './closures.ts';
import { lowerClosure } from './lower-function.ts';
import { propertyName, shallow } from './nodes.ts';
import { parameterFields } from './parameter-properties.ts';
import { hidesMembers, privatesObject } from './private-members.ts';
import { rewrite } from './rewrite.ts';
import { rewriteBody } from './rewrite-scope.ts';
import { storageOf } from './storage.ts';
import { type Code, into, isNativeFunction, isOfUnit, isPlain, uniqueName, withCode } from './unit.ts';

type Method = t.ClassMethod | t.ClassPrivateMethod;
type Field = t.ClassProperty | t.ClassPrivateProperty | t.ClassAccessorProperty;

/** The text of a class, as its `make` has it. */
export class ClassText {
	readonly result: t.ClassExpression;
	/** The parameter of `make` that the class calls first of all. */
	readonly begin: string;
	/** Variables of `make`. */
	private readonly locals: string[];
	private readonly code: Code;
	private readonly derived: boolean;
	private readonly keys: ReadonlyMap<t.Node, string>;
	private readonly head: t.Statement[] = [];
	/** Variables that hold the prototype and the class, for `super` in code that is printed elsewhere. */
	private readonly homes: [string | null, string | null] = [null, null];
	private fresh: string | null = null;
	/** Is true while an object is restored, whose private members only constructing it can make. */
	private readonly stamping: string | null;

	constructor(code: Code, node: t.Class, operands: ReadonlyMap<t.Node, string>, locals: string[]) {
		this.locals = locals;
		this.code = code;
		this.derived = node.superClass != null;
		this.keys = operands;
		this.begin = uniqueName(code.unit, '$begin');
		this.stamping = hidesMembers(node) ? uniqueName(code.unit, '$stamping') : null;
		if (this.stamping !== null) locals.push(this.stamping);
		const result = shallow(node) as t.ClassExpression;
		(result as t.Node).type = 'ClassExpression';
		result.id = node.id ? shallow(node.id) : null;
		if (node.superClass) result.superClass = this.operand(node.superClass);
		this.decorate(node, result);
		result.body = shallow(node.body);
		const members = node.body.body.flatMap((each) => (isDropped(each) ? [] : this.member(each)));
		result.body.body = [this.first(node), ...parameterFields(node), ...members];
		this.result = result;
	}

	/** What runs before all other static parts. */
	private first(node: t.Class): t.StaticBlock {
		const self = { type: 'ThisExpression' } as t.ThisExpression;
		const privates = privatesObject(node, this.stamping === null ? null : id(this.stamping));
		const begun = call(id(this.begin), privates === null ? [self] : [self, privates]);
		const body = [statement(this.fresh === null ? begun : assign(id(this.fresh), begun)), ...this.head];
		const inner = this.code.unit.scopes.classes.get(node);
		if (!node.id && inner) {
			const { name } = storageOf(this.code.unit, inner);
			this.locals.push(name);
			body.unshift(statement(assign(id(name), { ...self })));
		}
		return { type: 'StaticBlock', body } as t.StaticBlock;
	}

	/** What `value` gives, but nothing while private members are put on a restored object. */
	private unlessStamping(value: t.Expression): t.Expression {
		return this.stamping === null ? value : conditional(id(this.stamping), nothing(), value);
	}

	/** The variable that has the value of an operand, or what is read again. */
	private operand(node: t.Expression): t.Expression {
		const name = this.keys.get(node);
		return name === undefined ? rewrite(withCode(this.code, { path: null }), node) : id(name);
	}

	private decorate(node: { decorators?: t.Decorator[] | null }, result: { decorators?: t.Decorator[] | null }): void {
		if (!node.decorators) return;
		result.decorators = node.decorators.map((each) => {
			const decorator = shallow(each);
			decorator.expression = this.operand(each.expression);
			return decorator;
		});
	}

	private member(node: t.ClassBody['body'][number]): t.ClassBody['body'][number][] {
		const { unit } = this.code;
		const fn = unit.scopes.functions.get(node);
		const name = 'key' in node ? nameOf(node as Method | Field) : null;
		const inside = withCode(into(this.code, name), { chain: [...this.code.chain, name ?? '[]'] });
		if (fn?.home) this.provideHome(fn.home, node.type === 'StaticBlock' || ('static' in node && node.static === true));
		switch (node.type) {
			case 'ClassMethod':
			case 'ClassPrivateMethod':
				return this.method(inside, node, fn!);
			case 'ClassProperty':
			case 'ClassPrivateProperty':
			case 'ClassAccessorProperty':
				return [this.field(inside, node, fn ?? null, name)];
			case 'StaticBlock':
				return [this.staticBlock(inside, node, fn!)];
			default:
				return [];
		}
	}

	/** The home object of a member, for what of it is printed elsewhere. */
	private provideHome(home: Binding, isStatic: boolean): void {
		const { unit } = this.code;
		const which = isStatic ? 1 : 0;
		const name = this.homes[which] ?? uniqueName(unit, '$home');
		unit.storages.set(home, { name, cell: false, frame: false, tdz: false, atEntry: false });
		if (this.homes[which]) return;
		this.homes[which] = name;
		this.locals.push(name);
		const self = { type: 'ThisExpression' } as t.ThisExpression;
		this.head.unshift(statement(assign(id(name), isStatic ? self : member(self, 'prototype'))));
	}

	private key(node: Method | Field): t.Expression | t.PrivateName {
		return 'computed' in node && node.computed ? this.operand(node.key as t.Expression) : shallow(node.key);
	}

	private method(code: Code, node: Method, fn: FunctionInfo): t.ClassBody['body'][number][] {
		const key = this.key(node);
		const native = isNativeFunction(fn);
		if (!native && (node.async || node.generator)) return [this.steppedMethod(code, node, fn, key)];
		const prologue = 'kind' in node && node.kind === 'constructor' ? this.prologue() : [];
		const result = rewriteFunction(native ? withCode(code, { plain: true }) : code, node, prologue) as t.ClassMethod;
		result.key = key as t.ClassMethod['key'];
		return [result];
	}

	/** A constructor that is to make private members only ends there. */
	private prologue(): t.Statement[] {
		if (this.stamping === null) return [];
		const made = statement(call({ type: 'Super' } as unknown as t.Expression, []));
		const consequent = block([...(this.derived ? [made] : []), returns(null)]);
		return [{ type: 'IfStatement', test: id(this.stamping), consequent, alternate: null } as t.IfStatement];
	}

	/** An async method or a generator enters a step of its own, and carries what tells the machine so. */
	private steppedMethod(
		code: Code,
		node: Method,
		fn: FunctionInfo,
		key: t.Expression | t.PrivateName,
	): t.ClassBody['body'][number] {
		const { unit } = code;
		const ref = `%def${unit.definitions++}`;
		const name = nameOf(node);
		const generator = generatorOf(node);
		const captured = [...fn.free].filter((binding) => isOfUnit(unit, binding) && !isPlain(unit, binding.scope.fn));
		if (fn.home) captured.push(fn.home);
		const { graph, closures } = lowerClosure(code, node, fn, captured);
		const method: Closure = {
			ref,
			kind: generator === null ? 'async-closure' : 'generator-closure',
			name: name ?? '',
			place: { node, chain: code.chain, loc: node.loc ?? null },
			path: node.static ? into(this.code, name && `static ${name}`).path : code.path,
			captures: captured.map((binding) => {
				const storage = storageOf(unit, binding);
				return { name: storage.name, source: binding.name, cell: storage.cell };
			}),
			make: null,
			body: graph,
			wrapper: null,
			generator,
			closures,
			starts: [],
		};
		unit.captures.set(method, captured);
		code.closures.push(method);
		const env = () => array(captured.map((binding) => capture(code, binding)));
		// What a generator function makes inherits from its `prototype`.
		const bound = generator !== null || node.type === 'ClassPrivateMethod' ? uniqueName(unit, '$method') : null;
		if (bound !== null) this.locals.push(bound);
		const entered = call(helper(generator === null ? 'enter' : 'generate'), [
			id(ref),
			{ type: 'ThisExpression' } as t.ThisExpression,
			id('arguments'),
			env(),
			...(generator === null ? [] : [id(bound!)]),
		]);
		const bind = (method: t.Expression) => {
			const made = call(helper('bindMethod'), [method, id(ref), env()]);
			this.head.push(statement(bound === null ? made : assign(id(bound), made)));
		};
		const result = shallow(node) as t.ClassMethod;
		result.async = false;
		result.generator = false;
		result.params = Array.from({ length: lengthOf(node) }, () => id(uniqueName(unit, '$p')));
		result.body = block([returns(entered)]);
		result.key = key as t.ClassMethod['key'];
		if (node.type === 'ClassMethod') {
			const of = { type: 'ThisExpression' } as t.ThisExpression;
			const holder = node.static ? of : member(of, 'prototype');
			const again = result.computed
				? index(holder, { ...(key as t.Expression) })
				: key.type === 'Identifier'
					? member(holder, key.name)
					: index(holder, { ...(key as t.StringLiteral) });
			bind(again);
			return result;
		}
		// A private method is on instances only: a getter of the one function looks the same to its users.
		const made = { ...result, type: 'ObjectMethod', key: text(name!), computed: false } as unknown as t.ObjectMethod;
		bind(index(object([made]), text(name!)));
		return {
			...result,
			kind: 'get',
			params: [],
			body: block([returns(id(bound!))]),
		} as unknown as t.ClassPrivateMethod;
	}

	private field(code: Code, node: Field, fn: FunctionInfo | null, name: string | null): t.ClassBody['body'][number] {
		const result = shallow(node);
		result.key = this.key(node) as t.Identifier;
		this.decorate(node, result);
		if (!node.value || !fn) return result;
		const { names, local } = localsOf(code);
		const inside = withCode(into(this.code, name), { fn, chain: code.chain, local });
		const value = keepLocals(names, rewrite(inside, node.value));
		result.value = node.static ? conditional(this.whenFresh(), value, nothing()) : this.unlessStamping(value);
		return result;
	}

	private staticBlock(code: Code, node: t.StaticBlock, fn: FunctionInfo): t.StaticBlock {
		const scope = code.unit.scopes.byNode.get(node)!;
		const { names, local } = localsOf(code);
		const body = rewriteBody(withCode(code, { fn, local, path: null }), scope, node.body);
		const result = shallow(node);
		const whole = block([...names.map((each) => declare('let', id(each), null)), ...body]);
		result.body = [
			{ type: 'IfStatement', test: this.whenFresh(), consequent: whole, alternate: null } as t.IfStatement,
		];
		return result;
	}

	/** Is the class made for the first time? */
	private whenFresh(): t.Identifier {
		if (this.fresh === null) {
			this.fresh = uniqueName(this.code.unit, '$fresh');
			this.locals.push(this.fresh);
		}
		return id(this.fresh);
	}
}

function nameOf(node: Method | Field): string | null {
	if (node.key.type === 'PrivateName') return `#${node.key.id.name}`;
	return propertyName({ key: node.key, computed: 'computed' in node && node.computed === true });
}

/** A value that needs variables gets them for each time it is evaluated. */
function keepLocals(names: readonly string[], value: t.Expression): t.Expression {
	if (names.length === 0) return value;
	return call(arrow([], block([...names.map((name) => declare('let', id(name), null)), returns(value)])), []);
}

/** Of types only: nothing of it is emitted. */
export function isDropped(member: t.ClassBody['body'][number]): boolean {
	if (member.type === 'TSDeclareMethod' || member.type === 'TSIndexSignature') return true;
	return ('declare' in member && member.declare === true) || ('abstract' in member && member.abstract === true);
}
