/**
 * Where values come from, as far as the text of one file tells: an expression or a binding, or a part
 * of it, to the functions, calls, parameters and imports that it may have come from. Types are not needed.
 *
 * What is found is a union over everything that may flow there, whatever the order, so each pair of place
 * and path is looked at once and cycles add nothing.
 */
import type * as t from '@babel/types';
import { childrenOf } from '../1-parse/hoist.ts';
import { type Binding, type FunctionNode, isFunctionNode, type Scopes, unwrap } from '../1-parse/scope.ts';
import { propertyName } from '../2-lower/nodes.ts';
import { isModuleValue } from '../3-analyze/module-value.ts';
import { aliasesOf } from './aliases.ts';
import { addedBy, COLLECTIONS, GIVES_ELEMENT, KEEPS_ELEMENTS, MAPS_ELEMENTS, VISITS_ELEMENTS } from './collections.ts';
import { calledBy, EACH, type Flows, type Inflow, outOfTypes, type Path } from './flows.ts';
import { isIntrinsic } from './globals.ts';
import { isParameterProperty, membersOf, receiverOf, storedUnder } from './instances.ts';

type Call = t.CallExpression | t.OptionalCallExpression | t.TaggedTemplateExpression;
type Made = FunctionNode | t.Class;

/** Whose code makes a function: a run's, so that it is data; a compiled module's, by whose name it is found; or neither. */
export type Maker = 'durable' | 'run' | 'module' | 'outside';

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

/** Deeper into a value than this nobody looks. */
const DEEPEST = 6;
/** Questions within questions. */
const MOST_NESTED = 8;

export class Origins {
	readonly source: Source;
	#nested = 0;
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
		const query = new Query(this);
		question(query);
		this.#nested--;
		return query.found;
	}

	/** The durable function that a node stands in, itself included; null for code that is none of a run. */
	durableAround(node: t.Node | null): t.Node | null {
		const { durable, flows } = this.source;
		for (let each = node; each !== null; each = flows.parentOf(each)) if (durable.has(each)) return each;
		return null;
	}

	/** The whole file that a node stands in. */
	rootOf(node: t.Node): t.Node {
		const { parentOf } = this.source.flows;
		let root = node;
		for (let each = parentOf(root); each !== null; each = parentOf(each)) root = each;
		return root;
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

	/**
	 * The calls of a function that are all there are: where it has a name that is only ever called.
	 * Null where others may call it.
	 */
	callsOf(fn: FunctionNode): readonly Call[] | null {
		const { flows, scopes } = this.source;
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

/** The step that a member expression takes: its static key, or any. */
export function keyOf(node: t.MemberExpression | t.OptionalMemberExpression): string {
	const { property, computed } = node;
	if (property.type === 'PrivateName') return `#${property.id.name}`;
	if (!computed) return property.type === 'Identifier' ? property.name : EACH;
	if (property.type === 'StringLiteral') return property.value;
	return property.type === 'NumericLiteral' ? `[${property.value}]` : EACH;
}

/** The method that a call calls, and of what; null for a plain call or a computed key. */
export function methodOf(call: t.Node): { readonly object: t.Expression; readonly name: string } | null {
	if (call.type !== 'CallExpression' && call.type !== 'OptionalCallExpression') return null;
	const callee = unwrap(call.callee);
	if (callee.type !== 'MemberExpression' && callee.type !== 'OptionalMemberExpression') return null;
	const name = keyOf(callee);
	return name === EACH || name.startsWith('[') || callee.object.type === 'Super'
		? null
		: { object: callee.object as t.Expression, name };
}

const isElement = (step: string | undefined) => step?.startsWith('[') === true;
const matches = (key: string, step: string) => key === step || key === EACH || step === EACH;

/** One question: what was looked at, and what was found. */
class Query {
	readonly found: Origin[] = [];
	readonly #origins: Origins;
	readonly #seen = new Map<object, Set<string>>();

	constructor(origins: Origins) {
		this.#origins = origins;
	}

	#first(place: object, path: Path): boolean {
		const paths = this.#seen.get(place) ?? new Set();
		this.#seen.set(place, paths);
		const key = path.join('\n');
		if (paths.has(key) || path.length > DEEPEST) return false;
		paths.add(key);
		return true;
	}

	expression(expression: t.Node, path: Path): void {
		const node = unwrap(expression);
		if (!this.#first(node, path)) return;
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
				this.#made(node, path);
				return;
			case 'ObjectExpression':
				if (path.length === 0) this.found.push({ kind: 'object', node });
				else this.#partOfObject(node, path);
				return;
			case 'ArrayExpression':
				if (path.length === 0) this.found.push({ kind: 'collection' });
				else this.#partOfArray(node, path);
				return;
			case 'MemberExpression':
			case 'OptionalMemberExpression':
				if (node.object.type === 'Super') this.found.push({ kind: 'unknown', node });
				else this.expression(node.object, [keyOf(node), ...path]);
				return;
			case 'CallExpression':
			case 'OptionalCallExpression':
			case 'TaggedTemplateExpression':
				this.#call(node, path);
				return;
			case 'NewExpression':
				this.#construct(node, path);
				return;
			case 'AwaitExpression':
				this.#awaited(node.argument, path);
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
				this.found.push({ kind: 'data' });
				return;
			default:
				this.found.push({ kind: 'unknown', node });
		}
	}

	#identifier(node: t.Identifier, path: Path): void {
		const { scopes } = this.#origins.source;
		const binding = (scopes.references.get(node) ?? { binding: scopes.declared.get(node) }).binding;
		if (binding) this.binding(binding, path);
		else if (binding === undefined || node.name === 'undefined') this.found.push({ kind: 'data' });
		else this.found.push({ kind: 'global', name: [node.name, ...path].join('.') });
	}

	binding(binding: Binding, path: Path): void {
		if (!this.#first(binding, path)) return;
		const { flows, types } = this.#origins.source;
		const before = this.found.length;
		if (binding.kind === 'this') {
			this.#receiver(binding, path);
			return;
		}
		if (
			binding.kind === 'arguments' ||
			(types === null && (mayChange(binding) || (path.length > 0 && !isOnlyRead(binding, flows))))
		)
			this.found.push({ kind: 'unknown', node: binding.node });
		else for (const inflow of flows.inflows(binding)) this.#inflow(inflow, binding, path);
		if (types === null || path.length === 0) return;
		for (const use of flows.uses(binding)) this.#written(use, path);
		// What nobody here puts into a collection of the module, others do.
		if (binding.scope.fn === null && this.found.length === before)
			this.found.push({ kind: 'unknown', node: binding.node });
	}

	#this(node: t.ThisExpression, path: Path): void {
		const binding = this.#origins.source.scopes.references.get(node)?.binding;
		if (binding) this.binding(binding, path);
		else this.found.push({ kind: 'unknown', node });
	}

	/** A part of what `this` is: of objects that durable code makes their text tells. */
	#receiver({ scope, node }: Binding, path: Path): void {
		const { flows, types } = this.#origins.source;
		const made = scope.fn === null ? null : receiverOf(scope.fn.node, flows);
		if (made === null || types === null || this.#origins.durableAround(made) === null)
			this.found.push({ kind: 'unknown', node });
		else if (made.type === 'ObjectExpression') {
			this.expression(made, path);
			if (path.length > 0) this.#stored(made, path);
		} else if (path.length > 0) this.#partOfInstance(made, path);
		else this.found.push({ kind: 'unknown', node });
	}

	#partOfInstance(node: t.Class, path: Path): void {
		const [step, ...rest] = path as [string, ...string[]];
		const members = membersOf(node, step);
		for (const member of members) {
			if (member.type === 'ClassMethod' || member.type === 'ClassPrivateMethod') {
				if (member.kind === 'method') this.#made(member, rest);
				else if (member.kind === 'get') this.result(member, rest);
			} else if (member.value) this.expression(member.value, rest);
		}
		if (isParameterProperty(node, step)) this.found.push({ kind: 'unknown', node });
		else if (members.length === 0) this.#inherited(node, path);
		this.#stored(node, path);
	}

	#inherited(node: t.Class, path: Path): void {
		const bases = node.superClass ? this.#origins.of(node.superClass) : [];
		if (bases.length === 0) this.found.push({ kind: 'unknown', node });
		for (const base of bases) {
			const made = base.kind === 'function' && base.maker === 'run' && !isFunctionNode(base.node) ? base.node : null;
			if (made === null) this.found.push({ kind: 'unknown', node });
			else this.#partOfInstance(made, path);
		}
	}

	/** Whoever stores something under that key may store it there. */
	#stored(made: t.Node, [step, ...rest]: Path): void {
		const root = this.#origins.rootOf(made);
		for (const value of storedUnder(step!, root)) this.expression(value, rest);
	}

	#inflow(inflow: Inflow, { name }: Binding, path: Path): void {
		switch (inflow.kind) {
			case 'value':
				this.expression(inflow.node, [...inflow.path, ...path]);
				return;
			case 'parameter':
				this.#parameter(inflow, [...inflow.path, ...path]);
				return;
			case 'declared':
				this.#made(inflow.node, path);
				return;
			case 'import':
				this.found.push({ kind: 'import', node: inflow.node, name, from: inflow.from, path });
				return;
			case 'caught':
				this.found.push(
					path.length === 0 ? { kind: 'caught' } : { kind: 'unknown', node: { type: 'CatchClause' } as t.Node },
				);
				return;
			case 'data':
				this.found.push({ kind: 'data' });
		}
	}

	#made(node: Made, path: Path): void {
		if (path.length > 0) this.found.push({ kind: 'unknown', node });
		else this.found.push({ kind: 'function', node, maker: this.#origins.makerOf(node) });
	}

	/** `x.key = v`, `x.push(v)`: what a use of the binding puts into what it holds, by this name or another. */
	#written(use: t.Node, path: Path): void {
		if (path.length === 0 || !this.#first(use, ['=', ...path])) return;
		const { source } = this.#origins;
		const around = outOfTypes(use, source.flows.parentOf);
		if (around?.type === 'MemberExpression' || around?.type === 'OptionalMemberExpression') {
			if (unwrap(around.object) === unwrap(use)) this.#writtenTo(around, path);
			return;
		}
		if (around?.type === 'CallExpression' && this.#origins.globalName(around.callee) === 'Object.assign') {
			const [target, ...others] = around.arguments;
			if (unwrap(target!) === unwrap(use)) for (const each of others) this.expression(each, path);
		}
		const aliases = aliasesOf(use, path, source, (call) =>
			this.#origins.ofCallee(call).flatMap((each) => (each.kind === 'function' ? [each.node] : [])),
		);
		for (const alias of aliases) {
			if ('node' in alias) this.#written(alias.node, alias.path);
			else this.#writtenThrough(alias.binding, alias.path);
		}
	}

	#writtenThrough(binding: Binding, path: Path): void {
		for (const use of this.#origins.source.flows.uses(binding)) this.#written(use, path);
	}

	/** What callbacks call an element that they are handed. */
	#parametersOf(visitor: t.Node): Binding[] {
		const { scopes } = this.#origins.source;
		return this.#origins.of(visitor).flatMap((each) => {
			const first = each.kind === 'function' && isFunctionNode(each.node) ? each.node.params[0] : undefined;
			const binding = first && scopes.declared.get(first);
			return binding ? [binding] : [];
		});
	}

	#writtenTo(member: t.MemberExpression | t.OptionalMemberExpression, [step, ...rest]: Path): void {
		const key = keyOf(member);
		const around = outOfTypes(member, this.#origins.source.flows.parentOf);
		if (around?.type === 'AssignmentExpression' && unwrap(around.left) === member) {
			if (matches(key, step!)) this.expression(around.right, rest);
		} else if ((around?.type === 'CallExpression' || around?.type === 'OptionalCallExpression') && isElement(step)) {
			if (unwrap(around.callee) !== member) return;
			if (GIVES_ELEMENT.has(key)) this.#written(around, rest);
			const [visitor] = VISITS_ELEMENTS.has(key) ? around.arguments : [];
			if (visitor) for (const each of this.#parametersOf(visitor)) this.#writtenThrough(each, rest);
			for (const each of addedBy(key, around.arguments)) {
				if (each.type === 'SpreadElement') this.expression(each.argument, [EACH, ...rest]);
				else this.expression(each, rest);
			}
		} else if (matches(key, step!)) this.#written(member, rest);
	}

	#partOfObject(node: t.ObjectExpression, path: Path): void {
		const [step, ...rest] = path as [string, ...string[]];
		for (const property of node.properties) {
			if (property.type === 'SpreadElement') this.expression(property.argument, path);
			else if (matches(propertyName(property) ?? EACH, step)) {
				if (property.type === 'ObjectProperty') this.expression(property.value, rest);
				else if (property.kind === 'get') this.result(property, rest);
				else if (property.kind === 'method') this.#made(property, rest);
			}
		}
	}

	#partOfArray({ elements }: t.ArrayExpression, [step, ...rest]: Path): void {
		if (!isElement(step)) {
			this.found.push({ kind: 'data' });
			return;
		}
		const spread = elements.findIndex((each) => each?.type === 'SpreadElement');
		const index = step === EACH ? -1 : Number(step!.slice(1, -1));
		const known = index >= 0 && (spread < 0 || index < spread);
		for (const each of known ? elements.slice(index, index + 1) : elements) {
			if (each?.type === 'SpreadElement') this.expression(each.argument, [EACH, ...rest]);
			else if (each) this.expression(each, rest);
		}
	}

	#call(node: Call, path: Path): void {
		if (node.type !== 'TaggedTemplateExpression' && this.#builtIn(node, path)) return;
		const callees = path.length > 0 ? this.#origins.ofCallee(node) : [];
		const followed = callees.filter((each) => each.kind === 'function' && isPlainFunction(each.node));
		if (callees.length === 0 || followed.length < callees.length) {
			this.found.push({ kind: 'call', node, path, awaited: false });
		}
		for (const each of followed) this.result((each as { node: FunctionNode }).node, path);
	}

	/** Calls of the language's own: of collections, and `Promise.withResolvers()`. */
	#builtIn(node: t.CallExpression | t.OptionalCallExpression, path: Path): boolean {
		const method = methodOf(node);
		if (method === null) return false;
		const { object, name } = method;
		const [step, ...rest] = path;
		const first = node.arguments[0];
		switch (this.#origins.globalName(node.callee)) {
			case 'Promise.withResolvers':
				if (step !== 'resolve' && step !== 'reject') return false;
				this.found.push({ kind: 'resolver' });
				return true;
			case 'Array.of':
				if (isElement(step)) for (const each of node.arguments) this.expression(each, rest);
				else this.found.push({ kind: 'collection' });
				return true;
			case 'Array.from':
				if (!isElement(step)) this.found.push({ kind: 'collection' });
				else if (node.arguments[1]) this.#mapped(node, node.arguments[1], rest);
				else if (first) this.expression(first, path);
				return true;
			case 'Object.assign':
				// Of what is spread nothing is told.
				for (const each of path.length > 0 ? node.arguments : node.arguments.slice(0, 1)) this.expression(each, path);
				return true;
			case 'Object.freeze':
			case 'Object.seal':
				if (first) this.expression(first, path);
				return true;
			case 'Object.values':
				if (!isElement(step)) this.found.push({ kind: 'collection' });
				else if (first) this.expression(first, [EACH, ...rest]);
				return true;
			default:
		}
		const makes = KEEPS_ELEMENTS.has(name) || MAPS_ELEMENTS.has(name);
		if ((!makes && !GIVES_ELEMENT.has(name)) || !this.#origins.isCollection(object)) return false;
		if (!makes) this.expression(object, [EACH, ...path]);
		else if (!isElement(step)) this.found.push({ kind: 'collection' });
		else if (MAPS_ELEMENTS.has(name)) {
			if (first) this.#mapped(node, first, name === 'map' ? rest : [EACH, ...rest]);
		} else {
			this.expression(object, [EACH, ...rest]);
			if (name === 'concat') for (const each of node.arguments) this.expression(each, [EACH, ...rest]);
		}
		return true;
	}

	/** What a callback gives that the language itself calls. */
	#mapped(call: Call, callback: t.Node, path: Path): void {
		for (const given of this.#origins.of(callback)) {
			const ofRun = given.kind === 'function' && (given.maker === 'run' || given.maker === 'durable');
			const isOwn = ofRun || (given.kind === 'global' && isIntrinsic(given.name));
			if (ofRun && isPlainFunction(given.node)) this.result(given.node, path);
			else this.found.push(isOwn ? { kind: 'data' } : { kind: 'callback', node: callback, call, given });
		}
	}

	#construct(node: t.NewExpression, path: Path): void {
		const name = this.#origins.globalName(node.callee) ?? '';
		if (!COLLECTIONS.has(name)) this.#partOfNew(node, path);
		else if (path.length === 0) this.found.push({ kind: 'collection' });
		else if (node.arguments[0] && isElement(path[0])) {
			const steps = name === 'Map' ? [EACH, '[1]'] : [EACH];
			this.expression(node.arguments[0], [...steps, ...path.slice(1)]);
		}
	}

	#partOfNew(node: t.NewExpression, path: Path): void {
		const { types } = this.#origins.source;
		const classes = path.length > 0 && types !== null ? this.#origins.ofCallee(node) : [];
		const made = classes.flatMap((each) =>
			each.kind === 'function' && each.maker === 'run' && !isFunctionNode(each.node) ? [each.node] : [],
		);
		if (made.length === 0 || made.length < classes.length) this.found.push({ kind: 'new', node, path });
		for (const each of made) this.#partOfInstance(each, path);
	}

	#awaited(argument: t.Expression, path: Path): void {
		const node = unwrap(argument);
		switch (node.type) {
			case 'ConditionalExpression':
				this.#awaited(node.consequent, path);
				this.#awaited(node.alternate, path);
				return;
			case 'CallExpression': {
				const list = this.#origins.globalName(node.callee) === 'Promise.all' && node.arguments[0];
				if (list && isElement(path[0])) {
					this.#awaitedPart(unwrap(list), path);
					return;
				}
				const callees = this.#origins.ofCallee(node);
				const entered = callees.filter(
					(each) =>
						each.kind === 'function' &&
						each.maker !== 'module' &&
						each.maker !== 'outside' &&
						isFunctionNode(each.node),
				);
				for (const each of entered) this.result((each as { node: FunctionNode }).node, path);
				if (entered.length < callees.length || callees.length === 0) {
					this.found.push({ kind: 'call', node, path, awaited: true });
				}
				return;
			}
			default:
				this.found.push({ kind: 'unknown', node });
		}
	}

	/** `(await Promise.all([a(), b()]))[1]` */
	#awaitedPart(list: t.Node, [step, ...rest]: Path): void {
		if (list.type !== 'ArrayExpression') {
			this.found.push({ kind: 'unknown', node: list });
			return;
		}
		const index = step === EACH ? -1 : Number(step!.slice(1, -1));
		const elements = index < 0 ? list.elements : list.elements.slice(index, index + 1);
		for (const each of elements) if (each && each.type !== 'SpreadElement') this.#awaited(each, rest);
	}

	result(fn: FunctionNode, path: Path): void {
		if (!this.#first(fn, ['()', ...path])) return;
		if (fn.body.type !== 'BlockStatement') {
			this.expression(fn.body, path);
			return;
		}
		for (const node of returnsIn(fn.body)) {
			const value = node.argument!;
			if (fn.async && unwrap(value).type === 'CallExpression') this.#awaited(value, path);
			else this.expression(value, path);
		}
	}

	#parameter({ fn, index, rest }: Extract<Inflow, { kind: 'parameter' }>, path: Path): void {
		const { flows } = this.#origins.source;
		const around = outOfTypes(fn, flows.parentOf);
		const position = around && 'arguments' in around ? around.arguments.indexOf(fn as never) : -1;
		if (around?.type === 'NewExpression' && position === 0 && this.#origins.globalName(around.callee) === 'Promise') {
			this.found.push({ kind: 'resolver' });
			return;
		}
		if (around?.type === 'CallExpression' && position >= 0 && this.#elementOf(around, position, index, path)) return;
		const calls = this.#origins.durableAround(fn) === fn ? null : this.#origins.callsOf(fn);
		if (calls === null || this.#origins.durableAround(fn) === null) {
			this.found.push({ kind: 'parameter', fn, node: fn.params[index] ?? fn });
			return;
		}
		const [step, ...below] = path;
		if (rest && step === undefined) this.found.push({ kind: 'collection' });
		for (const call of calls) {
			const args = call.type === 'TaggedTemplateExpression' ? [] : call.arguments;
			const given = rest ? args.slice(index) : args.slice(index, index + 1);
			const spread = args.find((each) => each.type === 'SpreadElement');
			if (spread) this.found.push({ kind: 'unknown', node: spread });
			else for (const each of given) if (!rest || isElement(step)) this.expression(each, rest ? below : path);
		}
	}

	/** A callback that the language hands the elements of a collection. */
	#elementOf(call: t.CallExpression, position: number, index: number, path: Path): boolean {
		const method = methodOf(call);
		if (method === null) return false;
		if (this.#origins.globalName(call.callee) === 'Array.from' && position === 1) {
			if (index === 0) this.expression(call.arguments[0]!, [EACH, ...path]);
			return true;
		}
		const { object, name } = method;
		if (position !== 0 || !VISITS_ELEMENTS.has(name) || !this.#origins.isCollection(object)) return false;
		if (index === 0 || name.endsWith('ort') || name === 'toSorted') this.expression(object, [EACH, ...path]);
		else if (index === 1) this.found.push({ kind: 'data' });
		else this.expression(object, path);
		return true;
	}
}

/** Nothing but its parts is ever read, so that these are what they were made with. */
function isOnlyRead(binding: Binding, { uses, parentOf }: Flows): boolean {
	return uses(binding).every((use) => {
		const member = outOfTypes(use, parentOf);
		if (member?.type === 'VariableDeclarator')
			return unwrap(member.init!) === use && member.id.type === 'ObjectPattern';
		if (member?.type !== 'MemberExpression' && member?.type !== 'OptionalMemberExpression') return false;
		const around = outOfTypes(member, parentOf);
		const written = around?.type === 'AssignmentExpression' && unwrap(around.left) === member;
		const called = around !== null && 'callee' in around && unwrap(around.callee as t.Node) === member;
		return unwrap(member.object) === use && !written && !(called && addedBy(keyOf(member), [1]).length > 0);
	});
}

/** Not the one value from its declaration on. */
export function mayChange({ kind, reassigned, capturedEarly, tdz, scope }: Binding): boolean {
	if (reassigned || kind === 'var') return true;
	// A module has been evaluated before anything of it runs.
	return scope.fn !== null && kind !== 'function' && kind !== 'class' && (capturedEarly || tdz);
}

/** A function whose call gives what it returns: no generator, no promise around it. */
function isPlainFunction(node: Made): node is FunctionNode {
	return isFunctionNode(node) && !node.async && !node.generator;
}

/** The `return`s with a value of a function body, none of functions inside it. */
export function returnsIn(node: t.Node): t.ReturnStatement[] {
	if (node.type === 'ReturnStatement') return node.argument ? [node] : [];
	if (isFunctionNode(node) || node.type === 'ClassBody') return [];
	return [...childrenOf(node)].flatMap(returnsIn);
}
