/** What is returned while a `finally` block waits: no variable holds it, and the frame does. */
import * as t from '@babel/types';
import { generatorOf } from '../1-parse/scope.ts';
import { type Checking, reportCaptured } from './checking.ts';
import { functionAround } from './position.ts';
import { returnsIn } from './returns.ts';
import { nameOf } from './values.ts';

/** @param place The point, in the `finally` block. */
export function checkPending(checking: Checking, place: t.Node): void {
	const { fn, flows, types, judge, told } = checking;
	for (const argument of returnedAround(fn.node, place)) {
		// What the durable function itself returns is told as its result.
		const isResult = functionAround(argument, flows.parentOf) === fn.node && generatorOf(fn.node) === null;
		const type = isResult || told.has(argument) ? undefined : types.at(argument);
		for (const wrong of type ? judge.wrong([type], { node: argument }) : []) {
			told.add(argument);
			const kept = { message: `captured: type ${type!.text()}`, node: argument };
			reportCaptured(checking, wrong, { at: place, name: nameOf(argument), related: [kept] });
		}
	}
}

/** What the blocks return whose `finally` the place is in. */
function returnedAround(root: t.Node, place: t.Node): t.Expression[] {
	const found: t.Expression[] = [];
	t.traverseFast(root, (node) => {
		if (node.type !== 'TryStatement' || !node.finalizer) return;
		if (node.finalizer.start! > place.start! || node.finalizer.end! < place.end!) return;
		for (const each of [node.block, node.handler?.body])
			if (each) found.push(...returnsIn(each).map(({ argument }) => argument!));
	});
	return found;
}
