/**
 * What works, but hardly as it was meant (PD4): warnings. Said only where it is certain: of what nothing is
 * known nothing is said.
 */
import type * as t from '@babel/types';
import { childrenOf } from '../1-parse/hoist.ts';
import { type Binding, type FunctionNode, isFunctionNode, unwrap } from '../1-parse/scope.ts';
import { endsInCall, suspends } from '../1-parse/suspends.ts';
import type { Graph, Unit } from '../2-lower/cfg.ts';
import { calleeText } from '../2-lower/static-path.ts';
import { exposedReads } from '../3-analyze/exposed-reads.ts';
import type { LocalFix, Sink } from '../diagnostics/sink.ts';
import { type Called, calleeOf } from './callee.ts';
import { addedBy } from './collections.ts';
import { outOfTypes } from './flows.ts';
import { keyOf, methodOf } from './member-names.ts';
import type { OriginFacts } from './origin-facts.ts';
import type { Origins } from './origins.ts';
import { functionAround, type Position, positionOf } from './position.ts';
import { timerOf } from './timers.ts';
import { isUnregistered } from './unregistered.ts';

type Call = t.CallExpression | t.OptionalCallExpression;

export interface HabitsInput {
	readonly origins: Origins;
	/** Null without types. */
	readonly facts: OriginFacts | null;
	readonly functions: readonly { readonly fn: { readonly node: t.Node }; readonly unit: Unit }[];
	readonly sink: Sink;
}

/** Reports PD4001 to PD4007. */
export function checkHabits({ origins, facts, functions, sink }: HabitsInput): void {
	const habits = new Habits(origins, facts, sink);
	for (const { fn, unit } of functions) {
		const tests = habits.visitAll(fn.node);
		if (tests.length > 0) habits.instanceTests(tests, graphsOf(unit));
	}
}

/** `x instanceof C` where `C` is not registered. */
interface InstanceTest {
	readonly node: t.BinaryExpression;
	readonly name: string;
	/** Where the variable is read that is tested, or a part of it. */
	readonly read: number;
}

class Habits {
	readonly #origins: Origins;
	readonly #facts: OriginFacts | null;
	readonly #sink: Sink;
	#tests: InstanceTest[] = [];
	/** Variables of the module that the function at hand was told about. */
	readonly #assigned = new Set<Binding>();

	constructor(origins: Origins, facts: OriginFacts | null, sink: Sink) {
		this.#origins = origins;
		this.#facts = facts;
		this.#sink = sink;
	}

	visitAll(node: t.Node): readonly InstanceTest[] {
		this.#tests = [];
		this.#assigned.clear();
		this.#visit(node);
		return this.#tests;
	}

	#visit(node: t.Node): void {
		let passed: readonly t.Node[] = [];
		if (node.type === 'CallExpression' || node.type === 'OptionalCallExpression') passed = this.#call(node);
		else if (node.type === 'BinaryExpression' && node.operator === 'instanceof') this.#instanceTest(node);
		else if (node.type === 'Identifier') this.#identifier(node);
		for (const child of childrenOf(node)) if (!passed.includes(child)) this.#visit(child);
	}

	/** Gives the closures that it hands to code outside: what they do is part of an effect, plain JavaScript. */
	#call(call: Call): readonly t.Node[] {
		const timer = timerOf(call, this.#origins);
		if (timer) {
			const { name, waits, fix } = timer;
			this.#sink.report('PD4001', call.callee, { name, waits }, [], fix);
		}
		const called = calleeOf(call, this.#origins, this.#facts);
		const kind = called.callee?.kind;
		if (kind === 'run') this.#started(call, called);
		if (kind === 'run' || (kind === 'language' && !this.#isLinkOfEffect(call))) return [];
		const position = positionOf(call, this.#origins);
		if (!timer) this.#started(call, called, position);
		const closures = call.arguments.filter((each) => isFunctionNode(unwrap(each)));
		if (kind === 'foreign') {
			for (const argument of call.arguments) this.#handedOver(call, argument, position, called.promise);
		}
		return closures;
	}

	/** `fetch(u).then((r) => r.json())`: what the links are given runs in the effect, or behind it. */
	#isLinkOfEffect(call: Call): boolean {
		for (let method = methodOf(call); method !== null; ) {
			const below = unwrap(method.object);
			if (below.type !== 'CallExpression' && below.type !== 'OptionalCallExpression') return false;
			if (calleeOf(below, this.#origins, this.#facts).callee?.kind === 'foreign') return true;
			method = methodOf(below);
		}
		return false;
	}

	// Calls that are not awaited

	#started(call: Call, { callee, promise }: Called, position: Position = positionOf(call, this.#origins)): void {
		const isForgotten = position === 'dropped' || (position === 'kept' && this.#isNeverRead(call));
		const name = calleeText(call.callee);
		switch (callee?.kind) {
			case 'runtime':
				// What emit() and start() ask for happens with the turn, awaited or not.
				if (isForgotten && /^(sleep|suspend|receive|mark)$/.test(callee.name)) {
					this.#sink.report('PD4002', call, { name, foreign: false });
				}
				return;
			case 'run':
			case 'effect':
				if (isForgotten && (promise || callee.kind === 'effect'))
					this.#sink.report('PD4002', call, { name, foreign: false });
				return;
			case 'foreign':
				if (!promise || position === 'awaited' || position === 'begun' || this.#isInAwaited(call)) return;
				if (isForgotten) this.#sink.report('PD4002', call, { name, foreign: true });
				else this.#sink.report('PD4006', call, { name }, [], asyncArrow(call, this.#origins));
		}
	}

	/** `const p = f();` and no word of `p` behind it. */
	#isNeverRead(call: t.Node): boolean {
		const { flows, scopes } = this.#origins.source;
		const declarator = outOfTypes(call, flows.parentOf);
		if (declarator?.type !== 'VariableDeclarator' || declarator.id.type !== 'Identifier') return false;
		const binding = scopes.declared.get(declarator.id);
		return binding !== undefined && flows.uses(binding).every((use) => scopes.references.get(use)?.write === true);
	}

	/** A link of a chain that is awaited, or an argument of an awaited call, is part of its effect. */
	#isInAwaited(call: t.Node): boolean {
		const { parentOf } = this.#origins.source.flows;
		let node = call;
		for (let parent = outOfTypes(node, parentOf); parent !== null; node = parent, parent = outOfTypes(node, parentOf)) {
			const isLink =
				((parent.type === 'MemberExpression' || parent.type === 'OptionalMemberExpression') &&
					unwrap(parent.object) === unwrap(node)) ||
				parent.type === 'CallExpression' ||
				parent.type === 'OptionalCallExpression';
			if (!isLink) return false;
			if (parent.type === 'CallExpression' || parent.type === 'OptionalCallExpression') {
				const position = positionOf(parent, this.#origins);
				const isArgument = unwrap(parent.callee) !== unwrap(node);
				if (isArgument && calleeOf(parent, this.#origins, this.#facts).callee?.kind === 'language') return false;
				if (position === 'awaited' || position === 'begun') return true;
			}
		}
		return false;
	}

	// Closures in foreign hands

	#handedOver(call: Call, argument: t.Node, position: Position, promise: boolean): void {
		const isEffect = promise || position === 'awaited' || position === 'begun';
		const closures = this.#origins.of(argument).flatMap((each) => {
			return each.kind === 'function' && each.maker === 'run' && isFunctionNode(each.node) ? [each.node] : [];
		});
		for (const closure of closures) {
			const to = calleeText(call.callee);
			if (isEffect && closure.async && !closure.generator && hasPoints(closure))
				this.#sink.report('PD4005', argument, { to });
			const changed = this.#isBesideOthers(call, position) ? this.#changes(closure, call, position) : null;
			if (changed) {
				const related = [{ message: `'${changed.binding.name}' is changed here`, node: changed.node }];
				this.#sink.report('PD4007', argument, { to, variable: changed.binding.name }, related);
			}
		}
	}

	/** Does the effect run while other fibers of the run may? */
	#isBesideOthers(call: Call, position: Position): boolean {
		if (position === 'begun') {
			const list = outOfTypes(call, this.#origins.source.flows.parentOf);
			return list?.type !== 'ArrayExpression' || list.elements.length > 1;
		}
		return position !== 'awaited' || this.#mappedOver(call) !== null;
	}

	/** The async callback of `list.map(...)` that a call stands in: one fiber for each element. */
	#mappedOver(call: t.Node): FunctionNode | null {
		const { parentOf } = this.#origins.source.flows;
		const fn = functionAround(call, parentOf);
		if (fn === null || !isFunctionNode(fn) || !fn.async) return null;
		const mapping = outOfTypes(fn, parentOf);
		if (mapping?.type !== 'CallExpression' || unwrap(mapping.callee) === fn) return null;
		const callee = unwrap(mapping.callee);
		return callee.type === 'MemberExpression' && keyOf(callee) === 'map' ? fn : null;
	}

	/** The first variable of the run that a closure changes and others may see. */
	#changes(closure: FunctionNode, call: Call, position: Position): { binding: Binding; node: t.Node } | null {
		const { scopes, flows } = this.#origins.source;
		const own = position === 'awaited' ? this.#mappedOver(call) : closure;
		for (const binding of scopes.functions.get(closure)?.free ?? []) {
			if (binding.kind === 'this' || this.#origins.durableAround(binding.scope.node) === null) continue;
			if (own !== null && isWithin(binding.scope.node, own)) continue;
			for (const use of flows.uses(binding)) {
				if (!isWithin(use, closure)) continue;
				if (scopes.references.get(use)?.write || isAddedTo(use, flows.parentOf)) return { binding, node: use };
			}
		}
		return null;
	}

	// State

	/** A variable of the module that is assigned. */
	#identifier(node: t.Identifier): void {
		const reference = this.#origins.source.scopes.references.get(node);
		const binding = reference?.write ? reference.binding : null;
		if (!binding || binding.scope.fn !== null || (binding.kind !== 'let' && binding.kind !== 'var')) return;
		if (this.#assigned.has(binding)) return;
		this.#assigned.add(binding);
		const related = [{ message: `'${binding.name}' is declared here, in the module`, node: binding.node }];
		this.#sink.report('PD4003', node, { name: binding.name }, related);
	}

	#instanceTest(node: t.BinaryExpression): void {
		const read = rootOf(node.left);
		const name = read && this.#unregistered(node.right);
		if (name) this.#tests.push({ node, name, read: read.start! });
	}

	#unregistered(Class: t.Node): string | null {
		if (this.#facts) return this.#facts.unregistered(Class);
		const { scopes, flows } = this.#origins.source;
		const [origin, ...others] = this.#origins.of(Class);
		if (origin?.kind !== 'function' || others.length > 0 || origin.maker === 'run') return null;
		const { node } = origin;
		return node.type === 'ClassDeclaration' && isUnregistered(node, scopes, flows) ? (node.id?.name ?? null) : null;
	}

	/** Those that look at what was kept over an await: there may have been a restore. */
	instanceTests(tests: readonly InstanceTest[], graphs: readonly Graph[]): void {
		const kept = new Set<number>();
		for (const graph of graphs)
			for (const reads of exposedReads(graph).values())
				for (const each of reads.values()) for (const { start } of each) if (start != null) kept.add(start);
		for (const { node, name, read } of tests) if (kept.has(read)) this.#sink.report('PD4004', node, { name });
	}
}

function graphsOf({ graph, closures }: { readonly graph: Graph; readonly closures: Unit['closures'] }): Graph[] {
	const inner = (each: Unit['closures'][number]): Graph[] => [
		...(each.body ? [each.body] : []),
		...each.closures.flatMap(inner),
	];
	return [graph, ...closures.flatMap(inner)];
}

/** `() => f(x)`, where `async () => f(x)` awaits what it calls. */
function asyncArrow(call: t.Node, { source }: Origins): LocalFix | null {
	const arrow = outOfTypes(call, source.flows.parentOf);
	if (arrow?.type !== 'ArrowFunctionExpression' || arrow.async || unwrap(arrow.body) !== call) return null;
	return { title: 'Make the arrow async', edits: [{ start: arrow.start!, length: 0, text: 'async ' }] };
}

/** Does it wait for anything that would be a point of its own in a run? */
function hasPoints({ body }: FunctionNode): boolean {
	return body.type === 'BlockStatement'
		? suspends(body, new WeakMap())
		: suspends(body, new WeakMap()) || endsInCall(body);
}

/** `list.push(x)`, `seen.add(x)` */
function isAddedTo(use: t.Node, parentOf: (node: t.Node) => t.Node | null): boolean {
	const member = outOfTypes(use, parentOf);
	if (member?.type !== 'MemberExpression' || unwrap(member.object) !== use) return false;
	const call = outOfTypes(member, parentOf);
	return call?.type === 'CallExpression' && unwrap(call.callee) === member && addedBy(keyOf(member), [1]).length > 0;
}

function isWithin(node: t.Node, outer: t.Node): boolean {
	return node.start! >= outer.start! && node.end! <= outer.end!;
}

/** The variable that an expression is, or is a part of. */
function rootOf(node: t.Node): t.Identifier | null {
	let root = unwrap(node);
	while (root.type === 'MemberExpression' || root.type === 'OptionalMemberExpression') root = unwrap(root.object);
	return root.type === 'Identifier' ? root : null;
}
