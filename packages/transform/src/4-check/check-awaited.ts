/**
 * What is awaited without a call that durable code makes itself: a promise that has been there before, or
 * those of a list. A native one may be awaited while the process lives; a run that waits for it cannot be saved.
 */
import type * as t from '@babel/types';
import { UNSAVABLE_TYPES } from '@perdure/abi';
import { childrenOf } from '../1-parse/hoist.ts';
import { type Binding, isFunctionNode, unwrap } from '../1-parse/scope.ts';
import type { Sink } from '../diagnostics/sink.ts';
import { type CallFacts, calleeOf } from './callee.ts';
import { EACH } from './flows.ts';
import { methodOf } from './member-names.ts';
import type { Origins } from './origins.ts';
import type { Proof } from './proof.ts';
import type { Subject, Unproven } from './unproven.ts';
import { nameOf } from './values.ts';

export interface AwaitedInput {
	readonly origins: Origins;
	readonly proof: Proof;
	/** Null without types. */
	readonly facts: CallFacts | null;
	readonly sink: Sink;
	/** Variables of which something was told already. */
	readonly told: ReadonlySet<Binding | t.Node>;
	/** A closure that an effect is handed: what it does is no part of the run. */
	readonly isPlain: (closure: t.Node) => boolean;
}

const KEPT = UNSAVABLE_TYPES.find(({ type }) => type === 'Promise')!.help;
const WAITED_FOR =
	'a run that waits for it cannot be saved: give it by a function of the module (const whenReady = () => ready) and await a call of that, which is an effect';

const COMBINATORS = new Set(['Promise.all', 'Promise.allSettled', 'Promise.any', 'Promise.race']);

/** Reports PD3008 in a durable function and its closures. */
export function checkAwaited(input: AwaitedInput, root: t.Node): void {
	const visit = (node: t.Node, isAsync: boolean): void => {
		if (node.type === 'AwaitExpression') judge(input, node.argument, node);
		else if (node.type === 'ReturnStatement' && node.argument && isAsync) judge(input, node.argument, node.argument);
		if (!isFunctionNode(node)) {
			for (const child of childrenOf(node)) visit(child, isAsync);
			return;
		}
		if (node !== root && input.isPlain(node)) return;
		const own = node.async === true && !node.generator;
		if (own && node.body.type !== 'BlockStatement') judge(input, node.body, node.body);
		for (const child of childrenOf(node)) visit(child, own);
	};
	visit(root, false);
}

function judge(input: AwaitedInput, operand: t.Expression, place: t.Node): void {
	const node = unwrap(operand);
	switch (node.type) {
		case 'ConditionalExpression':
			judge(input, node.consequent, place);
			judge(input, node.alternate, place);
			return;
		case 'LogicalExpression':
			judge(input, node.right, place);
			return;
		case 'SequenceExpression':
			judge(input, node.expressions.at(-1)!, place);
			return;
		case 'Identifier':
		case 'MemberExpression':
		case 'OptionalMemberExpression':
			if (input.facts === null || input.facts.givesPromise(node)) report(input, { node }, node, place);
			return;
		case 'CallExpression':
			judgeCall(input, node, place);
			return;
		default:
	}
}

function judgeCall(input: AwaitedInput, node: t.CallExpression, place: t.Node): void {
	const { origins, facts } = input;
	const [list] = node.arguments;
	if (list && COMBINATORS.has(origins.globalName(node.callee) ?? '')) {
		const plain = unwrap(list);
		if (plain.type !== 'ArrayExpression') {
			judgeList(input, list, place);
			return;
		}
		for (const each of plain.elements) {
			if (each?.type === 'SpreadElement') judgeList(input, each.argument, place);
			else if (each) judge(input, each, place);
		}
		return;
	}
	// What runs in the turn gives what it has; `ready.then(f)`, another promise of the same kind.
	const method = methodOf(node);
	const from = method && /^(then|catch|finally)$/.test(method.name) ? unwrap(method.object) : null;
	const kind = (call: t.CallExpression | t.OptionalCallExpression) => calleeOf(call, origins, facts).callee?.kind;
	if (from === null) {
		const called = facts?.givesPromise(node) ? kind(node) : undefined;
		if (called === 'language' || called === 'run') report(input, { node }, node, place);
		return;
	}
	// `fetch(u).then(f)` is one effect.
	if ((from.type === 'CallExpression' || from.type === 'OptionalCallExpression') && kind(from) === 'foreign') return;
	if (facts === null || facts.givesPromise(from)) report(input, { node: from }, from, place);
}

function judgeList(input: AwaitedInput, list: t.Node, place: t.Node): void {
	if (input.facts === null || input.facts.givesPromises(list)) report(input, { node: list, path: [EACH] }, list, place);
}

function report({ proof, facts, origins, sink, told }: AwaitedInput, of: Subject, node: t.Node, place: t.Node): void {
	const root = origins.source.scopes.references.get(rootOf(node))?.binding;
	if (told.has(node) || (root && told.has(root))) return;
	const unproven: Unproven | null = facts === null ? proof.surelyPromised(of) : proof.promises(of);
	if (!unproven) return;
	const { what, help, related, fix } = unproven;
	const way = help === KEPT ? WAITED_FOR : help;
	sink.report('PD3008', place, { path: unproven.path ?? nameOf(node), what, way }, related, fix ?? null);
}

function rootOf(node: t.Node): t.Node {
	let root = unwrap(node);
	while (root.type === 'MemberExpression' || root.type === 'OptionalMemberExpression') root = unwrap(root.object);
	return root;
}
