/**
 * What a call hands to an effect: its arguments, which are encoded when it is issued, the receiver that it
 * is called on, which is saved with it, and its function, which must be found again.
 */
import * as t from '@babel/types';
import { unwrap } from '../1-parse/scope.ts';
import type { Operation, Site } from '../2-lower/cfg.ts';
import { calleeText } from '../2-lower/static-path.ts';
import type { Related } from '../diagnostics/sink.ts';
import { type Checking, rootBinding } from './checking.ts';
import { hostName } from './host-types.ts';
import type { Wrong } from './judge.ts';
import { propertyPath } from './property-path.ts';
import type { Type } from './type-model.ts';
import { nameOf } from './values.ts';

type Call = t.CallExpression | t.OptionalCallExpression | t.NewExpression;

export function checkOperation(checking: Checking, op: Operation | null): void {
	if (op?.kind === 'call' || op?.kind === 'chain') checkSite(checking, op.site);
}

/** A call elsewhere becomes an effect only if it gives a promise. */
export function checkStarted(checking: Checking, site: Site): void {
	const type = checking.types.at(site.node);
	if (type?.symbol()?.name === 'Promise') checkSite(checking, site);
}

function checkSite(checking: Checking, site: Site): void {
	const call = site.node;
	if (call.type !== 'CallExpression' && call.type !== 'OptionalCallExpression' && call.type !== 'NewExpression') return;
	const callee = unwrap(call.callee as t.Expression);
	const called = calledBy(checking, callee);
	if (called === 'turn') {
		if (checking.facts.isDurable(callee)) checkHandedToRun(checking, call, calleeText(callee));
		return;
	}
	if (called === 'effect' && call.type !== 'NewExpression') {
		if (site.reload === null && site.key === undefined) checkCallee(checking, callee);
		else if (site.reload === null) checkReceiver(checking, callee);
	}
	checkArguments(checking, call, calleeText(callee));
}

/** Where a call runs: in the turn, or as a part of the run; as an effect; or by the runtime, which keeps what it is given. */
function calledBy({ facts, proof, types }: Checking, callee: t.Expression): 'turn' | 'effect' | 'runtime' {
	const known = facts.calleeOf(callee);
	if (known?.kind === 'runtime') return 'runtime';
	if (known?.kind === 'run') return 'turn';
	const isMember = callee.type === 'MemberExpression' || callee.type === 'OptionalMemberExpression';
	if (known?.kind === 'language' && !(isMember && isOfIntl(types.at(callee.object)))) return 'turn';
	return proof.callees(callee) === null ? 'turn' : 'effect';
}

/** ECMA-402 is no part of the language's core: what it makes is the host's. */
function isOfIntl(type: Type | undefined): boolean {
	return hostName(type?.symbol())?.startsWith('Intl.') === true;
}

/** Is the closure made in place as an argument of an effect? Then it runs there, as plain JavaScript. */
export function isHandedToEffect(checking: Checking, closure: t.Node): boolean {
	const { parentOf } = checking.flows;
	let child = closure;
	for (let node = parentOf(child); node !== null; child = node, node = parentOf(node)) {
		if (node.type === 'CallExpression' || node.type === 'OptionalCallExpression' || node.type === 'NewExpression') {
			if (node.callee === child) return false;
			return calledBy(checking, unwrap(node.callee as t.Expression)) === 'effect';
		}
		if (!/^(ObjectExpression|ObjectProperty|ArrayExpression)$/.test(node.type) && unwrap(node) === node) return false;
	}
	return false;
}

/** An effect whose function only this process knows. */
function checkCallee(checking: Checking, callee: t.Expression): void {
	const binding = rootBinding(callee, checking);
	if (binding && checking.told.has(binding)) return;
	const found = checking.proof.lostCallees(callee);
	if (!found) return;
	if (binding) checking.told.add(binding);
	const declared = binding ? [{ message: `'${binding.name}' is declared here`, node: binding.node }] : [];
	checking.sink.report('PD3010', callee, { path: calleeText(callee), what: found.what, way: found.help }, [
		...declared,
		...found.related,
	]);
}

/** `await handle.read()`: the handle is saved with the effect. */
function checkReceiver(checking: Checking, callee: t.Expression): void {
	if (callee.type !== 'MemberExpression' && callee.type !== 'OptionalMemberExpression') return;
	const { object } = callee;
	if (object.type === 'Super') return;
	const wrong = wrongWith(checking, object);
	if (!wrong) return;
	const { path, what, help: way } = wrong;
	checking.sink.report(
		'PD3010',
		callee,
		{ path: nameOf(object) + path, what, way, effect: calleeText(callee) },
		wrong.related,
	);
}

function checkArguments(checking: Checking, call: Call, effect: string): void {
	call.arguments.forEach((argument, index) => {
		const spread = argument.type === 'SpreadElement';
		checkHanded(checking, (spread ? argument.argument : argument) as t.Expression, {
			effect,
			path: `arguments[${index}]`,
			thunks: true,
		});
	});
}

/**
 * A durable function that is called by another shares its values; what of them it holds over an await is told
 * by its own parameters, but for functions: where these come from is known here.
 */
function checkHandedToRun(checking: Checking, call: Call, of: string): void {
	call.arguments.forEach((argument, index) => {
		const node = argument.type === 'SpreadElement' ? argument.argument : (argument as t.Expression);
		const binding = rootBinding(node, checking);
		const type = checking.types.at(node);
		if (type === undefined || (binding && checking.told.has(binding))) return;
		const [held] = checking.judge.wrong([type], { node }, { only: 'function' });
		// It is called there, and waited for.
		const called = !held && type.callSignatures().some((each) => each.result().symbol()?.name === 'Promise');
		const wrong = held ?? (called ? checking.proof.lostCallees(node) : null);
		if (!wrong) return;
		if (binding) checking.told.add(binding);
		const path = held?.whole ?? `arguments[${index}]${held?.path ?? ''}`;
		const { what, help: way, related } = wrong;
		checking.sink.report('PD3009', node, { path, what, as: 'parameter', of, way }, related);
	});
}

interface Handed {
	readonly effect: string;
	/** From the arguments to the value. */
	readonly path: string;
	/** Calls made in place there are made again for another attempt. */
	readonly thunks: boolean;
}

/** What is made in place is looked into: functions are of the run, and calls of what is in the module are thunks. */
function checkHanded(checking: Checking, argument: t.Expression, handed: Handed): void {
	const node = unwrap(argument);
	const inside = (child: t.Node, step: string) =>
		checkHanded(checking, child as t.Expression, { ...handed, path: handed.path + step });
	switch (node === argument ? node.type : '') {
		case 'ArrayExpression':
			(node as t.ArrayExpression).elements.forEach((element, index) => {
				if (element) inside(element.type === 'SpreadElement' ? element.argument : element, `[${index}]`);
			});
			return;
		case 'ObjectExpression':
			for (const property of (node as t.ObjectExpression).properties) {
				if (property.type === 'SpreadElement') inside(property.argument, '');
				else if (property.type === 'ObjectProperty') inside(property.value, propertyPath(keyOf(property)));
			}
			return;
		default:
	}
	if (
		(node.type === 'CallExpression' || node.type === 'NewExpression') &&
		handed.thunks &&
		isFoundAgain(checking, node)
	) {
		node.arguments.forEach((each) => {
			const value = each.type === 'SpreadElement' ? each.argument : each;
			checkHanded(checking, value as t.Expression, { ...handed, thunks: false });
		});
		return;
	}
	const wrong = wrongWith(checking, argument);
	if (wrong) reportHanded(checking, argument, handed, wrong);
}

function reportHanded({ sink }: Checking, at: t.Node, { effect, path }: Handed, wrong: Wrong): void {
	const related: readonly Related[] = wrong.related;
	const whole = wrong.whole ?? path + wrong.path;
	sink.report('PD3002', at, { path: whole, what: wrong.what, effect, way: wrong.help }, related, wrong.fix);
}

/** Nothing known of it is no error here: it is encoded at once, and running says so at the same place. */
function wrongWith(checking: Checking, node: t.Expression): Wrong | undefined {
	const binding = rootBinding(node, checking);
	if (checking.told.has(binding ?? unwrap(node))) return undefined;
	const type = checking.types.at(node);
	const [wrong] = type ? checking.judge.wrong([type], { node }, { unknown: false }) : [];
	if (wrong && binding) checking.told.add(binding);
	return wrong;
}

function keyOf({ key, computed }: t.ObjectProperty): string {
	if (key.type === 'StringLiteral') return key.value;
	if (key.type === 'NumericLiteral') return String(key.value);
	return key.type === 'Identifier' && !computed ? key.name : 'key';
}

/** A module binding, an import or a global, with static keys. */
function isFoundAgain({ scopes }: Checking, { callee }: t.CallExpression | t.NewExpression): boolean {
	let root = unwrap(callee as t.Expression);
	while (root.type === 'MemberExpression' && (!root.computed || t.isLiteral(root.property)))
		root = unwrap(root.object) as t.Expression;
	if (root.type !== 'Identifier') return false;
	const reference = scopes.references.get(root);
	return reference !== undefined && (reference.binding === null || reference.binding.scope === scopes.module);
}
