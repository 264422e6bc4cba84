/** Where values come from that a call, a `new` or an `await` gave, and arguments. */
import type * as t from '@babel/types';
import { type FunctionNode, isFunctionNode, unwrap } from '../1-parse/scope.ts';
import { importParts } from '../2-lower/imports.ts';
import { COLLECTIONS, GIVES_ELEMENT, KEEPS_ELEMENTS, MAPS_ELEMENTS, VISITS_ELEMENTS } from './collections.ts';
import { EACH, type Inflow, outOfTypes, type Path } from './flows.ts';
import { isIntrinsic } from './globals.ts';
import { isElement, methodOf } from './member-names.ts';
import type { Call, Made, Origin, Query } from './origin.ts';
import { partOfInstance } from './query-objects.ts';

export function call(query: Query, node: Call, path: Path): void {
	if (node.type !== 'TaggedTemplateExpression' && builtIn(query, node, path)) return;
	const callees = path.length > 0 ? query.origins.ofCallee(node) : [];
	const followed = callees.filter((each) => each.kind === 'function' && isPlainFunction(each.node));
	if (callees.length === 0 || followed.length < callees.length) {
		query.add({ kind: 'call', node, path, awaited: false });
	}
	for (const each of followed) query.result((each as { node: FunctionNode }).node, path);
}

/** Calls of the language's own: of collections, and `Promise.withResolvers()`. */
function builtIn(query: Query, node: t.CallExpression | t.OptionalCallExpression, path: Path): boolean {
	const method = methodOf(node);
	if (method === null) return false;
	const { object, name } = method;
	const [step, ...rest] = path;
	const first = node.arguments[0];
	switch (query.origins.globalName(node.callee)) {
		case 'Promise.withResolvers':
			if (step !== 'resolve' && step !== 'reject') return false;
			query.add({ kind: 'resolver' });
			return true;
		case 'Array.of':
			if (isElement(step)) for (const each of node.arguments) query.expression(each, rest);
			else query.add({ kind: 'collection' });
			return true;
		case 'Array.from':
			if (!isElement(step)) query.add({ kind: 'collection' });
			else if (node.arguments[1]) mapped(query, node, node.arguments[1], rest);
			else if (first) query.expression(first, path);
			return true;
		case 'Object.assign':
			// Of what is spread nothing is told.
			for (const each of path.length > 0 ? node.arguments : node.arguments.slice(0, 1)) query.expression(each, path);
			return true;
		case 'Object.freeze':
		case 'Object.seal':
			if (first) query.expression(first, path);
			return true;
		case 'Object.values':
			if (!isElement(step)) query.add({ kind: 'collection' });
			else if (first) query.expression(first, [EACH, ...rest]);
			return true;
		default:
	}
	const makes = KEEPS_ELEMENTS.has(name) || MAPS_ELEMENTS.has(name);
	if ((!makes && !GIVES_ELEMENT.has(name)) || !query.origins.isCollection(object)) return false;
	if (!makes) query.expression(object, [EACH, ...path]);
	else if (!isElement(step)) query.add({ kind: 'collection' });
	else if (MAPS_ELEMENTS.has(name)) {
		if (first) mapped(query, node, first, name === 'map' ? rest : [EACH, ...rest]);
	} else {
		query.expression(object, [EACH, ...rest]);
		if (name === 'concat') for (const each of node.arguments) query.expression(each, [EACH, ...rest]);
	}
	return true;
}

/** What a callback gives that the language itself calls. */
function mapped(query: Query, call: Call, callback: t.Node, path: Path): void {
	for (const given of query.origins.of(callback)) {
		const ofRun = given.kind === 'function' && (given.maker === 'run' || given.maker === 'durable');
		const isOwn = ofRun || (given.kind === 'global' && isIntrinsic(given.name));
		if (ofRun && isPlainFunction(given.node)) query.result(given.node, path);
		else query.add(isOwn ? { kind: 'data' } : { kind: 'callback', node: callback, call, given });
	}
}

export function construct(query: Query, node: t.NewExpression, path: Path): void {
	const name = query.origins.globalName(node.callee) ?? '';
	if (!COLLECTIONS.has(name)) partOfNew(query, node, path);
	else if (path.length === 0) query.add({ kind: 'collection' });
	else if (node.arguments[0] && isElement(path[0])) {
		const steps = name === 'Map' ? [EACH, '[1]'] : [EACH];
		query.expression(node.arguments[0], [...steps, ...path.slice(1)]);
	}
}

function partOfNew(query: Query, node: t.NewExpression, path: Path): void {
	const { types } = query.origins.source;
	const classes = path.length > 0 && types !== null ? query.origins.ofCallee(node) : [];
	const made = classes.flatMap((each) =>
		each.kind === 'function' && each.maker === 'run' && !isFunctionNode(each.node) ? [each.node] : [],
	);
	if (made.length === 0 || made.length < classes.length) query.add({ kind: 'new', node, path });
	for (const each of made) partOfInstance(query, each, path);
}

export function awaited(query: Query, argument: t.Expression, path: Path): void {
	const node = unwrap(argument) as t.Expression;
	if (importParts(node) !== null) {
		query.expression(node, path);
		return;
	}
	switch (node.type) {
		case 'Identifier': {
			const promises = query.origins.of(node);
			const imported = promises.filter((each) => each.kind === 'namespace' && each.path.length === 0);
			if (imported.length === 0 || imported.length < promises.length) query.add({ kind: 'unknown', node });
			else for (const each of imported) query.add({ ...each, path } as Origin);
			return;
		}
		case 'ConditionalExpression':
			awaited(query, node.consequent, path);
			awaited(query, node.alternate, path);
			return;
		case 'CallExpression': {
			const list = query.origins.globalName(node.callee) === 'Promise.all' && node.arguments[0];
			if (list && isElement(path[0])) {
				awaitedPart(query, unwrap(list), path);
				return;
			}
			if (settledPart(query, node, path)) return;
			const callees = query.origins.ofCallee(node);
			const entered = callees.filter(
				(each) =>
					each.kind === 'function' && each.maker !== 'module' && each.maker !== 'outside' && isFunctionNode(each.node),
			);
			for (const each of entered) query.result((each as { node: FunctionNode }).node, path);
			if (entered.length < callees.length || callees.length === 0) {
				query.add({ kind: 'call', node, path, awaited: true });
			}
			return;
		}
		default:
			query.add({ kind: 'unknown', node });
	}
}

/** `(await Promise.allSettled([a(), b()]))[1].reason` */
function settledPart(query: Query, { callee, arguments: [list] }: t.CallExpression, path: Path): boolean {
	const [step, part, ...rest] = path;
	if (!list || !isElement(step) || query.origins.globalName(callee) !== 'Promise.allSettled') return false;
	if (part === 'value') awaitedPart(query, unwrap(list), [step!, ...rest]);
	else if (part === 'reason') query.add(rest.length === 0 ? { kind: 'caught' } : { kind: 'unknown', node: list });
	else if (part === 'status') query.add({ kind: 'data' });
	else return false;
	return true;
}

/** `(await Promise.all([a(), b()]))[1]` */
function awaitedPart(query: Query, list: t.Node, [step, ...rest]: Path): void {
	if (list.type !== 'ArrayExpression') {
		query.add({ kind: 'unknown', node: list });
		return;
	}
	const index = step === EACH ? -1 : Number(step!.slice(1, -1));
	const elements = index < 0 ? list.elements : list.elements.slice(index, index + 1);
	for (const each of elements) if (each && each.type !== 'SpreadElement') awaited(query, each, rest);
}

export function parameter(query: Query, { fn, index, rest }: Extract<Inflow, { kind: 'parameter' }>, path: Path): void {
	const { flows } = query.origins.source;
	const around = outOfTypes(fn, flows.parentOf);
	const position = around && 'arguments' in around ? around.arguments.indexOf(fn as never) : -1;
	if (around?.type === 'NewExpression' && position === 0 && query.origins.globalName(around.callee) === 'Promise') {
		query.add({ kind: 'resolver' });
		return;
	}
	if (around?.type === 'CallExpression' && position >= 0 && elementOf(query, around, position, index, path)) return;
	const calls = query.origins.durableAround(fn) === fn ? null : query.origins.callsOf(fn);
	if (calls === null || query.origins.durableAround(fn) === null) {
		query.add({ kind: 'parameter', fn, node: fn.params[index] ?? fn });
		return;
	}
	const [step, ...below] = path;
	if (rest && step === undefined) query.add({ kind: 'collection' });
	for (const call of calls) {
		const args = call.type === 'TaggedTemplateExpression' ? [] : call.arguments;
		const given = rest ? args.slice(index) : args.slice(index, index + 1);
		const spread = args.find((each) => each.type === 'SpreadElement');
		if (spread) query.add({ kind: 'unknown', node: spread });
		else for (const each of given) if (!rest || isElement(step)) query.expression(each, rest ? below : path);
	}
}

/** A callback that the language hands the elements of a collection. */
function elementOf(query: Query, call: t.CallExpression, position: number, index: number, path: Path): boolean {
	const method = methodOf(call);
	if (method === null) return false;
	if (query.origins.globalName(call.callee) === 'Array.from' && position === 1) {
		if (index === 0) query.expression(call.arguments[0]!, [EACH, ...path]);
		return true;
	}
	const { object, name } = method;
	if (position !== 0 || !VISITS_ELEMENTS.has(name) || !query.origins.isCollection(object)) return false;
	if (index === 0 || name.endsWith('ort') || name === 'toSorted') query.expression(object, [EACH, ...path]);
	else if (index === 1) query.add({ kind: 'data' });
	else query.expression(object, path);
	return true;
}

/** A function whose call gives what it returns: no generator, no promise around it. */
function isPlainFunction(node: Made): node is FunctionNode {
	return isFunctionNode(node) && !node.async && !node.generator;
}
