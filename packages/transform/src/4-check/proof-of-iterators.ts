/** Iterators and generators: those of the language and of durable generators are known to the runtime. */
import type * as t from '@babel/types';
import { ASYNC_ITERATION_HELP, REFUSED } from '@perdure/abi';
import { generatorOf, isFunctionNode, unwrap } from '../1-parse/scope.ts';
import type { Related } from '../diagnostics/sink.ts';
import { headOf, nameOf } from './declared-names.ts';
import { outOfTypes } from './flows.ts';
import { isIntrinsic } from './globals.ts';
import { calleeNode, keyOf, methodOf } from './member-names.ts';
import type { Maker, Origin } from './origin.ts';
import { helpOf, type Proving, placed, refuseIterator, type Unproven, worst } from './unproven.ts';

export function proveIterator(proof: Proving, origin: Origin): Unproven | null {
	switch (origin.kind) {
		case 'call':
			return proof.once('iterator', origin.node, () => iteratorOfCall(proof, origin));
		case 'parameter':
			return {
				...refuseIterator([{ message: 'it comes in here', node: origin.node }]),
				what: 'an iterator that the caller passes in',
			};
		case 'import':
		case 'namespace':
		case 'callback':
		case 'unknown':
			return refuseIterator(placed(origin.node));
		case 'global':
			return isIntrinsic(origin.name) ? null : refuseIterator([]);
		case 'new':
			return refuseIterator(placed(origin.node));
		default:
			return null;
	}
}

/** `list.entries()`, `text.matchAll(x)`, `list[Symbol.iterator]()`: what durable code has of it can be saved. */
function isIteratorOfLanguage(proof: Proving, call: t.Node): boolean {
	if (call.type !== 'CallExpression' && call.type !== 'OptionalCallExpression') return false;
	const callee = unwrap(call.callee);
	if (callee.type !== 'MemberExpression' && callee.type !== 'OptionalMemberExpression') return false;
	if (callee.object.type === 'Super') return false;
	const key = callee.computed ? proof.origins.globalName(callee.property) : keyOf(callee);
	if (key === 'from' && proof.origins.globalName(callee.object) === 'Iterator') {
		const [source] = call.arguments;
		if (!source || source.type === 'SpreadElement') return false;
		return proof.origins.isIterable(source as t.Expression) || proof.iterators({ node: source }) === null;
	}
	if (key === null || !/^(entries|keys|values|matchAll|Symbol\.iterator)$/.test(key)) return false;
	return proof.origins.isIterable(callee.object);
}

/** Can a loop over it be saved, that is over no collection of the language's? */
export function iterated(proof: Proving, node: t.Node): Unproven | null {
	const origins = proof.origins.of(node);
	const found =
		origins.length === 0 ? refuseIterator(placed(node)) : worst(origins.map((each) => proveIterated(proof, each)));
	const loop = outOfTypes(node, proof.origins.source.flows.parentOf);
	const isAsync = loop?.type === 'ForOfStatement' && loop.await;
	return found && isAsync && found.help === helpOf('Iterator') ? { ...found, help: ASYNC_ITERATION_HELP } : found;
}

/** What is iterable by a method of its own keeps whatever that gives. */
function proveIterated(proof: Proving, origin: Origin): Unproven | null {
	if (origin.kind === 'object') {
		return proof.isOfRun(origin.node) ? null : refuseIterator(placed(origin.node));
	}
	if (origin.kind === 'new') {
		const callees = proof.origins.ofCallee(origin.node);
		const ofRun = callees.length > 0 && callees.every((each) => each.kind === 'function' && each.maker === 'run');
		return ofRun ? null : refuseIterator(placed(origin.node));
	}
	return origin.kind === 'data' ? refuseIterator([]) : proveIterator(proof, origin);
}

function iteratorOfCall(proof: Proving, { node, path, awaited }: Extract<Origin, { kind: 'call' }>): Unproven | null {
	const gave: Related[] = [{ message: 'it is made here', node }];
	if (path.length > 0 || awaited) return refuseIterator(gave);
	const callees = proof.origins.ofCallee(node);
	const generators = callees.filter((each) => each.kind === 'function' && generatorOf(each.node) !== null);
	if (generators.length > 0 && generators.length === callees.length) {
		const outside = generators.find((each) => each.kind === 'function' && isForeign(each.maker));
		if (outside?.kind !== 'function') return null;
		const name = nameOf(outside.node);
		const type = generatorOf(outside.node) === 'async' ? 'AsyncGenerator' : 'Generator';
		const collect = type === 'Generator' ? `[...${name}()]` : `await Array.fromAsync(${name}())`;
		return {
			code: 'PD3006',
			what: REFUSED.type(type),
			help:
				name === ''
					? helpOf(type)
					: `begin the body of '${name}' with "use durable", or collect what it yields first: ${collect}`,
			related: [
				...gave,
				{ message: `${name === '' ? 'its function' : `'${name}'`} is declared here`, node: headOf(outside.node) },
			],
			sure: generators.every((each) => each.kind === 'function' && isForeign(each.maker)),
		};
	}
	const callee = proof.facts?.calleeOf(calleeNode(node));
	// `receiveAll` of the runtime is a durable generator function.
	if (callee?.kind === 'run' || (callee?.kind === 'runtime' && callee.name === 'receiveAll')) return null;
	if (proof.isOfRun(node) && isIteratorOfLanguage(proof, node)) return null;
	const method = methodOf(node);
	// Helpers of an iterator: what they are over is what is saved.
	if (method !== null && /^(map|filter|take|drop|flatMap)$/.test(method.name))
		return proof.iterators({ node: method.object });
	return proof.isOfRun(node) &&
		callees.every((each) => each.kind === 'function' && each.maker === 'run') &&
		callees.length > 0
		? worst(
				callees.flatMap((each) =>
					each.kind === 'function' && isFunctionNode(each.node)
						? proof.origins.ofResult(each.node).map((given) => proveIterator(proof, given))
						: [],
				),
			)
		: refuseIterator(gave);
}

const isForeign = (maker: Maker) => maker === 'module' || maker === 'outside';
