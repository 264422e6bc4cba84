import type * as t from '@babel/types';
import { suspendAt } from './awaits.ts';
import { assign, at, call, helper, id, member, statement } from './build.ts';
import type { Frame, Region } from './frame.ts';
import { loopExit } from './loops.ts';
import { iterate, lowerItem, openHead } from './loops-over.ts';
import { holdValue } from './operands.ts';

/**
 * `for await` (ECMA-262 14.7.5.6): what `next()` gives is awaited, and what `return()` gives when the
 * loop is left early. Closing is cleaning up, so it is shielded from cancellation as a `finally` is.
 */
export function lowerForAwait(frame: Frame, node: t.ForOfStatement, labels: readonly string[]): void {
	const after = frame.block();
	const outer = frame.region;
	frame.inside(frame.around('for-await'), () => {
		openHead(frame, node);
		const iterator = frame.temporary('iterator', node.right);
		frame.emit(at(statement(assign(id(iterator), iterate(frame, node.right, 'async'))), node.right));
		const loops = frame.nextLoop();
		const around = frame.region;
		const closing = { guards: [...around.guards, 'finally' as const] };
		frame.inside({ loops }, () => {
			const head = frame.block();
			// An error in the body closes the iterator and goes on; one of the iterator itself does not.
			const failed = frame.block({ ...frame.region, ...closing });
			const bodyExits = loopExit(labels, null, head, {
				kind: 'closing',
				iterator,
				awaited: { of: node.right, whole: node },
				region: { ...around, ...closing },
				ways: new Map(),
				outer: loopExit(labels, after, null, outer.exits),
			});
			frame.enter(head);
			frame.passHead();
			const item = frame.temporary('item', node.right);
			frame.inside({ chain: [...frame.chain, 'next'] }, () =>
				suspendAt(
					frame,
					{ kind: 'value', value: call(member(id(iterator), 'next'), [helper('frame')]) },
					item,
					node.right,
					node,
				),
			);
			const body = frame.block({ ...frame.region, handler: failed.id, exits: bodyExits });
			frame.branch(call(member(id(iterator), 'take'), [id(item)]), body, after);
			closeFailed(frame, node, iterator, failed.id, { ...frame.region, ...closing });
			frame.current = body;
			frame.inside({ handler: failed.id, exits: bodyExits }, () => {
				lowerItem(frame, node, member(id(iterator), 'value'));
			});
			if (frame.current) frame.goto(head);
		});
	});
	frame.current = after;
}

/** AsyncIteratorClose of a throw completion: whatever `return()` does, the error goes on. */
function closeFailed(frame: Frame, node: t.ForOfStatement, iterator: string, entry: number, region: Region): void {
	const outer = frame.region;
	frame.region = { ...region, chain: [...region.chain, 'close'] };
	frame.current = frame.blocks.get(entry)!;
	const error = holdValue(frame, helper('exception'), 'error', node.right);
	const rethrow = frame.block();
	frame.region = { ...frame.region, handler: rethrow.id };
	frame.enter(frame.block());
	awaitClosing(frame, iterator, null, node.right, node, rethrow.id);
	frame.current = rethrow;
	frame.end({ kind: 'throw', value: error });
	frame.region = outer;
}

/** Calls `return` and awaits what it gives, where there is one; then goes to `to`, or on. */
export function awaitClosing(
	frame: Frame,
	iterator: string,
	result: string | null,
	of: t.Expression,
	whole: t.Node,
	to: number | null,
): void {
	const asked = frame.block();
	const after = to === null ? frame.block() : frame.blocks.get(to)!;
	frame.branch(call(member(id(iterator), 'closes'), []), asked, after);
	frame.current = asked;
	const closing = call(member(id(iterator), 'close'), [helper('frame')]);
	suspendAt(frame, { kind: 'value', value: closing }, result, of, whole);
	if (result !== null) frame.emit(statement(call(member(id(iterator), 'closed'), [id(result)])));
	frame.goto(after);
	if (to === null) frame.current = after;
}
