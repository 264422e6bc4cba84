import type * as t from '@babel/types';
import { unwrap } from '../1-parse/scope.ts';
import { suspends } from '../1-parse/suspends.ts';
import { assign, at, call, helper, id, member, statement, text } from './build.ts';
import { bindPattern, makeCells } from './declarations.ts';
import { lowerValue } from './expressions.ts';
import { lowerForAwait } from './for-await.ts';
import type { Frame } from './frame.ts';
import { loopExit } from './loops.ts';
import { holdValue } from './operands.ts';
import { lowerPattern } from './patterns.ts';
import { bindingsOf } from './rewrite-declaration.ts';
import { rewritePattern } from './rewrite-pattern.ts';
import { lowerArm } from './statements.ts';
import { initialise } from './storage.ts';
import { addResource, isUsing, lowerDisposing } from './using.ts';

/** `entries()`, `keys()`, `values()`: their iterators can be saved as the collection and a position. */
const VIEWS = new Set(['entries', 'keys', 'values']);

export function lowerForOf(frame: Frame, node: t.ForOfStatement, labels: readonly string[]): void {
	if (node.await) {
		lowerForAwait(frame, node, labels);
		return;
	}
	const after = frame.block();
	const outer = frame.region;
	frame.inside(frame.around('for-of'), () => {
		openHead(frame, node);
		const iterator = frame.temporary('iterator', node.right);
		frame.emit(at(statement(assign(id(iterator), iterate(frame, node.right, 'sync'))), node.right));
		const loops = frame.nextLoop();
		const around = frame.region;
		frame.inside({ loops }, () => {
			const head = frame.block();
			// An error in the body closes the iterator and goes on; one of the iterator itself does not.
			const failed = frame.block();
			const bodyExits = loopExit(labels, null, head, {
				kind: 'closing',
				iterator,
				awaited: null,
				region: around,
				ways: new Map(),
				outer: loopExit(labels, after, null, outer.exits),
			});
			const bodyRegion = { ...frame.region, handler: failed.id, exits: bodyExits };
			const body = frame.block(bodyRegion);
			frame.enter(head);
			frame.passHead();
			frame.branch(call(member(id(iterator), 'step'), []), body, after);
			frame.current = failed;
			const error = holdValue(frame, helper('exception'), 'error', node.right);
			frame.emit(statement(call(member(id(iterator), 'closeThrow'), [])));
			frame.end({ kind: 'throw', value: error });
			frame.current = body;
			frame.inside({ handler: failed.id, exits: bodyExits }, () => {
				lowerItem(frame, node, member(id(iterator), 'value'));
			});
			if (frame.current) frame.goto(head);
		});
	});
	frame.current = after;
}

/** One iteration: the names of the head, then the body. */
export function lowerItem(frame: Frame, node: t.ForOfStatement, value: t.Expression): void {
	const lower = () => {
		bindItem(frame, node, value);
		lowerArm(frame, node.body);
	};
	if (isUsing(node.left)) lowerDisposing(frame, [node.left], 'head', lower);
	else lower();
}

/** Keys are enumerated as the specification allows; nothing is to be closed. */
export function lowerForIn(frame: Frame, node: t.ForInStatement, labels: readonly string[]): void {
	const after = frame.block();
	frame.inside(frame.around('for-in'), () => {
		openHead(frame, node);
		const iterator = frame.temporary('iterator', node.right);
		const value = call(helper('enumerate'), [lowerValue(frame, node.right)]);
		frame.emit(at(statement(assign(id(iterator), value)), node.right));
		frame.inside({ loops: frame.nextLoop() }, () => {
			const head = frame.block();
			const body = frame.block();
			frame.enter(head);
			frame.passHead();
			frame.branch(call(member(id(iterator), 'step'), []), body, after);
			frame.current = body;
			frame.inside({ exits: loopExit(labels, after, head, frame.region.exits) }, () => {
				bindItem(frame, node, member(id(iterator), 'value'));
				lowerArm(frame, node.body);
			});
			if (frame.current) frame.goto(head);
		});
	});
	frame.current = after;
}

/** The names of the head exist, uninitialised, while the iterated expression runs. */
export function openHead(frame: Frame, node: t.ForInStatement | t.ForOfStatement): void {
	frame.openScope(frame.unit.scopes.byNode.get(node));
	const init = node.left.type === 'VariableDeclaration' ? node.left.declarations[0]?.init : null;
	if (init && node.left.type === 'VariableDeclaration') {
		bindPattern(frame, node.left.declarations[0]!.id, lowerValue(frame, init), 'assign');
	}
}

/** GetIterator of what is iterated. */
export function iterate(frame: Frame, right: t.Expression, kind: 'sync' | 'async'): t.Expression {
	const plain = unwrap(right);
	if (plain.type === 'CallExpression' && plain.arguments.length === 0) {
		const callee = unwrap(plain.callee);
		if (
			callee.type === 'MemberExpression' &&
			!callee.computed &&
			callee.property.type === 'Identifier' &&
			callee.object.type !== 'Super'
		) {
			const key = callee.property.name;
			if (VIEWS.has(key)) {
				const view = kind === 'sync' ? 'iterateCall' : 'iterateAsyncCall';
				return call(helper(view), [lowerValue(frame, callee.object), text(key)]);
			}
		}
	}
	return call(helper(kind === 'sync' ? 'iterate' : 'iterateAsync'), [lowerValue(frame, right)]);
}

/** Each iteration has names of its own: fresh cells. */
function bindItem(frame: Frame, node: t.ForInStatement | t.ForOfStatement, value: t.Expression): void {
	const left = node.left;
	if (left.type !== 'VariableDeclaration') {
		if (suspends(left, frame.unit.memo)) lowerPattern(frame, left, holdValue(frame, value, 'value', left), 'assign');
		else frame.emit(at(statement(assign(rewritePattern(frame, left, 'assign'), value)), left));
		return;
	}
	const pattern = left.declarations[0]!.id;
	if (left.kind !== 'var') {
		const binding = bindingsOf(frame, pattern)[0];
		if (pattern.type === 'Identifier' && binding) {
			makeFresh(frame, node);
			const item = isUsing(left) ? addResource(frame, left, pattern, value) : value;
			frame.emit(at(statement(initialise(frame, binding, item)), pattern));
			return;
		}
		makeFresh(frame, node);
		makeCells(frame, pattern);
	}
	bindPattern(frame, pattern, value, left.kind === 'var' ? 'assign' : 'declare');
}

/** Cells (and dead zones) that the head made are renewed for each iteration. */
function makeFresh(frame: Frame, node: t.ForInStatement | t.ForOfStatement): void {
	const scope = frame.unit.scopes.byNode.get(node);
	if (scope) frame.renewScope(scope);
}
