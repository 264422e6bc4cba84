/** What a frame holds while it is parked: variables, and values on the way to where they are used. */
import type * as t from '@babel/types';
import { type Binding, unwrap } from '../1-parse/scope.ts';
import type { Related } from '../diagnostics/sink.ts';
import { checkPending } from './check-pending.ts';
import { type Checking, reportCaptured, type Told } from './checking.ts';
import type { Wrong } from './judge.ts';
import { methodOf } from './member-names.ts';
import type { HeldPoint, HeldVariable } from './points.ts';
import { declaredAt, isNarrowedThroughAnother, slotTypes } from './slot-types.ts';
import type { Type } from './type-model.ts';
import { type KeptValue, keptValue, nameOf } from './values.ts';

type Bound = HeldVariable & { readonly variable: { readonly binding: Binding } };

export function checkSlots(checking: Checking, point: HeldPoint): void {
	for (const held of inOrder(point.held)) {
		const { variable } = held;
		if (isBound(held)) checkVariable(checking, point, held);
		else if (variable.slot.endsWith('%resources')) checkResources(checking, point);
		else if (variable.temporary === null && variable.slot.endsWith('%value')) checkPending(checking, point.place);
		else {
			const value = keptValue(variable, checking.flows);
			if (value) checkValue(checking, point, value);
		}
	}
}

/** Variables as they are declared, then the rest. */
function inOrder(held: readonly HeldVariable[]): HeldVariable[] {
	const start = ({ variable }: HeldVariable) => variable.binding?.node.start ?? Number.POSITIVE_INFINITY;
	return held.toSorted((a, b) => (start(a) < start(b) ? -1 : start(a) > start(b) ? 1 : 0));
}

const isBound = (held: HeldVariable): held is Bound => held.variable.binding !== undefined;

/** Functions and classes of durable code: what they are is no question of types. */
const DECLARED = new Set<Binding['kind']>(['function', 'function-name', 'class', 'class-name']);

function checkVariable(checking: Checking, point: HeldPoint, held: Bound): void {
	const { binding } = held.variable;
	if (checking.told.has(binding) || binding.kind === 'home' || binding.kind === 'new.target') return;
	const { judge, types, flows, fn } = checking;
	if (DECLARED.has(binding.kind)) {
		const wrong = judge.unproven({ binding });
		if (wrong) tell(checking, [wrong], binding, { at: point.place, name: binding.name, related: [] });
		return;
	}
	const { read, declared } = slotTypes(held, types, flows);
	const wrong = judge.wrong(known(read, binding), { binding });
	if (wrong.length === 0 && declared !== undefined && !read.includes(declared)) {
		// Only where the two differ it matters how the reads were narrowed.
		const wider = judge.wrong(known([declared], binding), { binding });
		if (wider.length > 0 && isNarrowedThroughAnother(binding, point, fn.node)) wrong.push(...wider);
	}
	if (wrong.length > 0) tell(checking, wrong, binding, place(checking, point, held, declared ?? read[0]));
	else checkOutcome(checking, binding, read);
}

/** Where a variable is captured, and where it is read again. */
function place({ flows }: Checking, point: HeldPoint, held: Bound, type: Type | undefined): Told {
	const { binding } = held.variable;
	const related: Related[] = [];
	const at = declaredAt(binding, flows);
	if (at && type) related.push({ message: `captured: type ${type.text()}`, node: at });
	const again = readAgain(held, point);
	if (again) related.push({ message: 'read again here', node: again });
	return { at: point.place, name: binding.name, related };
}

/** What was thrown has no type: it is taken for an error, which can be saved. */
function known(types: readonly Type[], { kind }: Binding): readonly Type[] {
	return kind === 'catch' ? types.filter((type) => type.kind !== 'any' && type.kind !== 'unknown') : types;
}

function tell(checking: Checking, wrong: readonly Wrong[], key: Binding | t.Node, told: Told): void {
	for (const each of wrong) reportCaptured(checking, each, told);
	if (wrong.length > 0) checking.told.add(key);
}

function readAgain({ reads }: HeldVariable, { place }: HeldPoint): t.Node | undefined {
	const placed = reads.filter(({ start }) => start != null);
	return placed.find(({ start }) => start! >= place.end!) ?? placed[0];
}

/** A started call's promise is durable, and will hold what the call gives. */
function checkOutcome(checking: Checking, binding: Binding, types: readonly Type[]): void {
	for (const type of types) {
		const wrong = checking.judge.outcome(type);
		const [inflow] = checking.flows.inflows(binding);
		if (!wrong || inflow?.kind !== 'value') continue;
		checking.told.add(binding);
		reportResult(checking, inflow.node, wrong);
		return;
	}
}

/** PD3003: a result that no variable holds. */
export function reportResult({ sink }: Checking, node: t.Node, wrong: Wrong): void {
	sink.report('PD3003', node, { path: nameOf(node) + wrong.path, what: wrong.what, way: wrong.help }, wrong.related);
}

/** `f(a(), await b())`: what `a()` gave is kept over the await. */
function checkValue(checking: Checking, { place }: HeldPoint, value: KeptValue): void {
	const { node, name, awaited, iterated } = value;
	if (checking.told.has(node)) return;
	const typed = iterated ? collectionOf(checking, value.typed) : value.typed;
	const type = checking.types.at(typed);
	if (type === undefined) return;
	const found = iterated ? checking.judge.iterated(type, typed) : checking.judge.wrong([type], { node });
	for (const wrong of found) {
		checking.told.add(node);
		if (awaited && wrong.code !== 'PD3004') reportResult(checking, (node as t.AwaitExpression).argument, wrong);
		else {
			const kept = { message: `captured: type ${type.text()}`, node: typed };
			reportCaptured(checking, wrong, { at: place, name, related: [kept] });
		}
	}
}

/** `for (const x of list.entries())`: such a loop keeps the list and a place in it. */
function collectionOf({ types, judge }: Checking, iterated: t.Node): t.Node {
	const view = methodOf(unwrap(iterated));
	if (view === null || !/^(entries|keys|values)$/.test(view.name)) return iterated;
	const type = types.at(view.object);
	return type !== undefined && judge.isKeptByLoops(type) ? view.object : iterated;
}

/** What `using` declares is kept until its scope is left, whether or not it is read again. */
function checkResources(checking: Checking, { place }: HeldPoint): void {
	for (const binding of checking.scopes.declared.values()) {
		const around = binding.scope.node;
		const kept = binding.kind === 'using' && around.start! <= place.start! && place.end! <= around.end!;
		if (!kept || binding.node.start! > place.start! || checking.told.has(binding)) continue;
		const at = declaredAt(binding, checking.flows);
		const type = checking.types.at(at);
		if (!at || !type) continue;
		const related = [{ message: `captured: type ${type.text()}`, node: at }];
		tell(checking, checking.judge.wrong([type], { binding }), binding, { at: place, name: binding.name, related });
	}
}
