/** Functions and classes: saved by a name, or made by the run and saved with what they capture. */
import type * as t from '@babel/types';
import { REFUSED, unregisteredHelp } from '@perdure/abi';
import { isFunctionNode } from '../1-parse/scope.ts';
import { calleeText } from '../2-lower/static-path.ts';
import { headOf, nameOf } from './declared-names.ts';
import { isHostFunction, isIntrinsic } from './globals.ts';
import { calleeNode, keyOf, methodOf } from './member-names.ts';
import { isNamedEffect } from './named-effects.ts';
import type { Made, NamespacePart, Origin } from './origin.ts';
import { type Captured, helpOf, type Proving, placed, refuseFunction, type Unproven, worst } from './unproven.ts';
import { isUnregistered } from './unregistered.ts';

export function proveFunction(proof: Proving, origin: Origin): Unproven | null {
	switch (origin.kind) {
		case 'function':
			return proveMade(proof, origin);
		case 'global':
			return isIntrinsic(origin.name) ? null : refuseFunction(origin.name, isHostFunction(origin.name));
		case 'import': {
			const name = [origin.name, ...origin.path].join('.');
			return proof.facts?.saved(origin) === true ? null : refuseFunction(name, false);
		}
		case 'namespace':
			return proof.facts?.saved(origin) === true ? null : refuseMember(origin);
		case 'call':
			if (isNamedEffect(proof, origin)) return null;
			return proof.once('function', origin.node, () => proveFunctionOfCall(proof, origin));
		case 'parameter':
			if (isHandedOver(proof, origin)) return null;
			return {
				code: 'PD3007',
				what: 'a function that the caller passes in',
				help: 'pass data that says what to do and choose the function here, or call the function before the await',
				related: [{ message: 'it comes in here', node: origin.node }],
				sure: false,
			};
		case 'callback':
		case 'new':
		case 'unknown':
			return { ...refuseFunction('', false), related: placed(origin.node) };
		default:
			return null;
	}
}

/** A function that was taken out of a namespace: that itself can be kept. */
export function refuseMember({ node, path }: NamespacePart): Unproven {
	const name = path.join('.');
	const help = `keep the namespace, which is saved by its specifier, and call its member: const m = await import(…); m.${name}(…)`;
	return { ...refuseFunction(name, false), help, related: placed(node) };
}

/** A parameter of a durable function that others call: what they hand over is looked at there. */
export function isHandedOver({ origins, facts }: Proving, origin: Origin): boolean {
	if (origin.kind !== 'parameter' || facts === null) return false;
	return origins.source.durable.has(origin.fn) && facts.calledInRuns(origin.fn);
}

function proveMade(proof: Proving, { node, maker }: Extract<Origin, { kind: 'function' }>): Unproven | null {
	if (maker === 'durable' || maker === 'module') return null;
	const name = nameOf(node);
	if (maker === 'run') {
		// A class captures what its methods and fields do.
		const parts = isFunctionNode(node) ? [node] : node.body.body;
		return proof.once('function', node, () =>
			worst([...parts.map((part) => proveClosure(proof, part, name)), ...proveStatics(proof, node)]),
		);
	}
	if (!isFunctionNode(node)) {
		const what = name === '' ? 'a class that is not registered' : REFUSED.class(name);
		return { code: 'PD3007', what, help: unregisteredHelp(name || 'Class'), related: [], sure: true };
	}
	return {
		...refuseFunction(name, true),
		related: [{ message: 'it is made here, outside durable code', node: headOf(node) }],
	};
}

/** What a class itself has is saved with it. */
function* proveStatics({ facts, origins }: Proving, node: Made): Iterable<Unproven | null> {
	if (isFunctionNode(node) || facts === null) return;
	const fields = node.body.body.flatMap((each) =>
		(each.type === 'ClassProperty' || each.type === 'ClassPrivateProperty') && each.static && each.value
			? [{ name: nameOf(each), value: each.value }]
			: [],
	);
	const stored = origins.source.flows.stores.flatMap(({ left, right }) => {
		const { object } = left as t.MemberExpression;
		const isClass = origins.of(object).some((each) => each.kind === 'function' && each.node === node);
		return isClass ? [{ name: keyOf(left as t.MemberExpression), value: right }] : [];
	});
	for (const { name, value } of [...fields, ...stored]) {
		const wrong = facts.held(value);
		if (wrong) yield { ...wrong, path: `${nameOf(node)}.${name}${wrong.path}`, sure: true };
	}
}

/** A closure of the run is saved with what it captures. */
export function proveClosure(proof: Proving, node: t.Node, name: string): Unproven | null {
	const { scopes } = proof.origins.source;
	const durable = proof.origins.durableAround(node);
	let found: Unproven | null = null;
	// Of two declarations of one name the first is never made, and not looked at.
	for (const binding of scopes.functions.get(node)?.free ?? []) {
		if (durable === null || proof.origins.durableAround(binding.scope.node) !== durable) continue;
		const bad: Captured | null = proof.facts?.captured(binding) ?? proof.surely({ binding });
		// An error before what is only told.
		if (!bad || (found && (!found.warning || bad.warning))) continue;
		const { what, help, path = binding.name, warning = false } = bad;
		const closure = name === '' ? 'the closure that captures it' : `'${name}', which captures it`;
		found = {
			// What nothing is known of is that, whoever holds it.
			code: bad.code === 'PD3004' ? 'PD3004' : 'PD3007',
			warning,
			what,
			path,
			help,
			related: [{ message: closure, node: headOf(node) }, ...(bad.related ?? [])],
			sure: bad.sure ?? true,
		};
	}
	return found;
}

export function proveFunctionOfCall(proof: Proving, origin: Extract<Origin, { kind: 'call' }>): Unproven | null {
	const { node, path, awaited } = origin;
	const method = methodOf(node);
	if (method?.name === 'bind' && !awaited && path.length === 0) {
		const bound = proof.origins.of(method.object);
		return {
			code: 'PD3007',
			what: 'a bound function',
			help: 'write a closure in its place: (...args) => receiver.method(...args)',
			related: placed(node),
			sure: bound.length > 0 && bound.every(({ kind }) => kind === 'function'),
		};
	}
	if (path.length === 0 && !awaited) {
		const callees = proof.origins.ofCallee(node);
		if (callees.length > 0 && callees.every((each) => each.kind === 'function' && isFunctionNode(each.node))) {
			const given = callees.flatMap((each) => {
				const fn = (each as { node: t.Node }).node;
				if (!isFunctionNode(fn) || fn.async || fn.generator) return [];
				return proof.origins.ofResult(fn);
			});
			return worst(given.map((each) => proveFunction(proof, each)));
		}
	}
	return {
		code: 'PD3007',
		what: `a function that '${calleeText(calleeNode(node))}()' gave`,
		help: helpOf('Function'),
		related: placed(node),
		sure: false,
	};
}

/** An instance of a class of this file that nothing can have registered. */
export function proveInstance(proof: Proving, origin: Origin): Unproven | null {
	if (origin.kind !== 'new' || origin.path.length > 0) return null;
	const { scopes, flows } = proof.origins.source;
	const [callee, ...others] = proof.origins.ofCallee(origin.node);
	if (callee?.kind !== 'function' || callee.maker === 'run' || others.length > 0) return null;
	const { node } = callee;
	if (node.type !== 'ClassDeclaration' || !node.id || !isUnregistered(node, scopes, flows)) return null;
	const { name } = node.id;
	return {
		code: 'PD3005',
		what: REFUSED.instance(name),
		help: unregisteredHelp(name),
		related: [{ message: `'${name}' is declared here`, node: node.id }],
		sure: true,
	};
}
