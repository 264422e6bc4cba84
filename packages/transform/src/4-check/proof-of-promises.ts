/** Promises: durable where durable code made the call, whoever else settles them. */
import type * as t from '@babel/types';
import { REFUSED } from '@perdure/abi';
import { isFunctionNode, unwrap } from '../1-parse/scope.ts';
import { calleeText } from '../2-lower/static-path.ts';
import type { Related } from '../diagnostics/sink.ts';
import { wrapped } from './callback-fix.ts';
import { calleeOf, ownerOf } from './callee.ts';
import { outOfTypes } from './flows.ts';
import { isIntrinsic } from './globals.ts';
import { calleeNode, methodOf } from './member-names.ts';
import type { Origin } from './origin.ts';
import { type Proving, placed, refusePromise, type Unproven, worst } from './unproven.ts';

export function provePromise(proof: Proving, origin: Origin): Unproven | null {
	switch (origin.kind) {
		case 'callback':
			return promiseOfCallback(proof, origin);
		case 'call':
			return proof.once('promise', origin.node, () => promiseOfCall(proof, origin));
		case 'parameter':
			return refusePromise('a promise that the caller passes in', [{ message: 'it comes in here', node: origin.node }]);
		case 'namespace':
			if (origin.path.length === 0 && proof.isOfRun(origin.node)) return null;
			return refusePromise(REFUSED.promise, placed(origin.node));
		case 'import':
			return refusePromise(REFUSED.promise, [{ message: 'it is imported here', node: origin.node }]);
		case 'global':
			return isIntrinsic(origin.name) ? null : refusePromise(REFUSED.promise, []);
		case 'new':
			return promiseOfNew(proof, origin);
		case 'unknown':
			return refusePromise(REFUSED.promise, placed(origin.node));
		default:
			return null;
	}
}

/** `ids.map(fetchUser)`: the function is called by the language, whose calls nobody looks at. */
function promiseOfCallback(proof: Proving, origin: Extract<Origin, { kind: 'callback' }>): Unproven | null {
	const { node, call, given } = origin;
	const owner = given.kind === 'import' ? proof.facts?.calleeOf(given.node.local) : ownerOf(given, proof.origins);
	// These give promises of the run, whoever calls them.
	if (owner?.kind === 'effect' || owner?.kind === 'run' || owner?.kind === 'runtime') return null;
	if (given.kind === 'import' && proof.facts?.entered(given)) return null;
	// With types it is only asked where the type is a promise's.
	const isAsync = given.kind === 'function' && isFunctionNode(given.node) && given.node.async === true;
	const sure = isAsync || (proof.facts !== null && (given.kind === 'import' || given.kind === 'global'));
	const { text, fix } = wrapped(origin);
	const caller = calleeText(calleeNode(call));
	return {
		code: 'PD3008',
		what: REFUSED.promise,
		help: `write ${text}: then durable code makes the call, and its promise is a durable one`,
		related: [{ message: `'${calleeText(node)}' is called by '${caller}', not by durable code`, node }],
		sure,
		fix,
	};
}

function promiseOfNew(proof: Proving, { node, path }: Extract<Origin, { kind: 'new' }>): Unproven | null {
	if (path.length > 0 || !proof.isOfRun(node)) return refusePromise(REFUSED.promise, placed(node));
	const [executor] = node.arguments;
	const made = executor && unwrap(executor);
	return made && isFunctionNode(made) ? proveResolvers(proof, made.params) : null;
}

/** A resolver in foreign hands makes its promise one of the host's. */
function proveResolvers(proof: Proving, resolvers: readonly t.Node[]): Unproven | null {
	const { scopes, flows } = proof.origins.source;
	for (const id of resolvers) {
		const binding = scopes.declared.get(id);
		const out = binding && flows.uses(binding).find((use) => isHandedOut(proof, use));
		if (!out) continue;
		return {
			...refusePromise(REFUSED.promise, [{ message: `'${binding.name}' is handed to foreign code here`, node: out }]),
			help: 'await it where it is made: await new Promise(...) is one effect; or let what happens outside send a message to the run, and receive it here',
		};
	}
	return null;
}

/** `setTimeout(resolve, 1)`, or in a closure that foreign code is handed. */
function isHandedOut(proof: Proving, use: t.Node): boolean {
	const { parentOf } = proof.origins.source.flows;
	for (let node: t.Node | null = use; node !== null && proof.isOfRun(node); node = parentOf(node)) {
		if (node !== use && !isFunctionNode(node)) continue;
		const call = outOfTypes(node, parentOf);
		if (call?.type !== 'CallExpression' && call?.type !== 'OptionalCallExpression') continue;
		const argument = call.arguments.some((each) => unwrap(each) === node);
		if (argument && calleeOf(call, proof.origins, proof.facts).callee?.kind === 'foreign') return true;
	}
	return false;
}

function promiseOfCall(proof: Proving, { node, path, awaited }: Extract<Origin, { kind: 'call' }>): Unproven | null {
	const made = `'${calleeText(calleeNode(node))}()'`;
	const related: Related[] = [{ message: `${made} gave it`, node }];
	if (proof.origins.globalName(calleeNode(node)) === 'Promise.withResolvers' && proof.isOfRun(node)) {
		return path.length === 1 && path[0] === 'promise' ? proveResolvers(proof, resolversOf(proof, node)) : null;
	}
	// Inside what a foreign call gave: only the call's own promise is replaced by a durable one.
	if (path.length > 0 || awaited) return refusePromise(REFUSED.promise, related);
	if (!proof.isOfRun(node)) {
		const callees = proof.origins.ofCallee(node);
		const sure =
			callees.length > 0 &&
			callees.every((each) => each.kind === 'function' && isFunctionNode(each.node) && each.node.async === true);
		return { ...refusePromise(REFUSED.promise, related), sure };
	}
	const method = methodOf(node);
	if (method !== null && /^(then|catch|finally)$/.test(method.name)) return proof.promises({ node: method.object });
	const callees = proof.origins.ofCallee(node);
	const ofRun = callees.filter((each) => each.kind === 'function' && each.maker === 'run');
	// A closure of the run that is not async gives what it has.
	return worst(
		ofRun.flatMap((each) => {
			const fn = (each as { node: t.Node }).node;
			if (!isFunctionNode(fn) || fn.async || fn.generator) return [];
			return proof.origins.ofResult(fn).map((given) => provePromise(proof, given));
		}),
	);
}

/** `const { resolve, reject } = Promise.withResolvers()` */
function resolversOf(proof: Proving, node: t.Node): t.Node[] {
	const declarator = outOfTypes(node, proof.origins.source.flows.parentOf);
	if (declarator?.type !== 'VariableDeclarator' || declarator.id.type !== 'ObjectPattern') return [];
	return declarator.id.properties.flatMap((each) => {
		if (each.type !== 'ObjectProperty' || each.key.type !== 'Identifier') return [];
		return /^(resolve|reject)$/.test(each.key.name) ? [each.value] : [];
	});
}
