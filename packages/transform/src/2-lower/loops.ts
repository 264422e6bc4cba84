import type * as t from '@babel/types';
import { statement } from './build.ts';
import type { Exit } from './exits.ts';
import { lowerEffect, lowerTest } from './expressions.ts';
import type { Draft, Frame } from './frame.ts';
import { renewCell } from './rewrite-scope.ts';
import { lowerArm, lowerStatement } from './statements.ts';
import { storageOf } from './storage.ts';
import { isUsing, lowerDisposing } from './using.ts';

/** What a loop's body may jump to. */
export function loopExit(
	labels: readonly string[],
	breakTo: Draft | null,
	continueTo: Draft | null,
	outer: Exit | null,
): Exit {
	return {
		kind: 'target',
		labels,
		breakTo: breakTo?.id ?? null,
		continueTo: continueTo?.id ?? null,
		plain: true,
		outer,
	};
}

export function lowerWhile(frame: Frame, node: t.WhileStatement, labels: readonly string[]): void {
	const after = frame.block();
	frame.inside({ ...frame.around('while'), loops: frame.nextLoop() }, () => {
		const head = frame.block();
		const body = frame.block();
		frame.enter(head);
		frame.passHead();
		lowerTest(frame, node.test, body, after);
		frame.current = body;
		frame.inside({ exits: loopExit(labels, after, head, frame.region.exits) }, () => lowerArm(frame, node.body));
		if (frame.current) frame.goto(head);
	});
	frame.current = after;
}

export function lowerDoWhile(frame: Frame, node: t.DoWhileStatement, labels: readonly string[]): void {
	const after = frame.block();
	frame.inside({ ...frame.around('do'), loops: frame.nextLoop() }, () => {
		const body = frame.block();
		const test = frame.block();
		frame.enter(body);
		frame.passHead();
		frame.inside({ exits: loopExit(labels, after, test, frame.region.exits) }, () => lowerArm(frame, node.body));
		frame.enter(test);
		lowerTest(frame, node.test, body, after);
	});
	frame.current = after;
}

/**
 * Each iteration has variables of its own (ECMA-262 CreatePerIterationEnvironment), which shows only
 * where a closure has captured one: those are cells, and get a new one before each update.
 */
export function lowerFor(frame: Frame, node: t.ForStatement, labels: readonly string[]): void {
	const { init } = node;
	if (!init || !isUsing(init)) lowerForLoop(frame, node, labels);
	else lowerDisposing(frame, [init], 'for', () => lowerForLoop(frame, node, labels));
}

function lowerForLoop(frame: Frame, node: t.ForStatement, labels: readonly string[]): void {
	const after = frame.block();
	const outer = frame.around('for');
	frame.inside(outer, () => {
		const scope = frame.unit.scopes.byNode.get(node);
		frame.openScope(scope);
		if (node.init?.type === 'VariableDeclaration') lowerStatement(frame, node.init);
		else if (node.init) lowerEffect(frame, node.init);
		const cells = [...(scope?.bindings.values() ?? [])]
			.filter((binding) => binding.kind === 'let' && storageOf(frame.unit, binding).cell)
			.map((binding) => storageOf(frame.unit, binding).name);
		const renew = () => frame.emit(...cells.map((name) => statement(renewCell(name))));
		// What the head's own closures captured is not the first iteration's.
		renew();
		frame.inside({ loops: frame.nextLoop() }, () => {
			const head = frame.block();
			const body = frame.block();
			const update = frame.block();
			frame.enter(head);
			frame.passHead();
			if (node.test) lowerTest(frame, node.test, body, after);
			else frame.goto(body);
			frame.current = body;
			frame.inside({ exits: loopExit(labels, after, update, frame.region.exits) }, () => lowerArm(frame, node.body));
			frame.enter(update);
			renew();
			if (node.update) lowerEffect(frame, node.update);
			if (frame.current) frame.goto(head);
		});
	});
	frame.current = after;
}
