import type * as t from '@babel/types';
import { binary } from './build.ts';
import { lowerValue } from './expressions.ts';
import type { Frame } from './frame.ts';
import { holdNode } from './operands.ts';
import { lowerStatements } from './statements.ts';

/** Tests run in order until one matches; bodies fall through to the next. */
export function lowerSwitch(frame: Frame, node: t.SwitchStatement): void {
	const after = frame.block();
	const value = holdNode(frame, node.discriminant, 'switch');
	frame.inside({ path: [...frame.region.path, 'switch'] }, () => {
		frame.openScope(frame.unit.scopes.byNode.get(node));
		const bodies = node.cases.map(() => frame.block());
		node.cases.forEach((clause, i) => {
			if (!clause.test) return;
			const next = frame.block();
			frame.branch(binary('===', { ...value }, lowerValue(frame, clause.test)), bodies[i]!, next);
			frame.current = next;
		});
		const fallback = node.cases.findIndex((clause) => !clause.test);
		frame.goto(fallback < 0 ? after : bodies[fallback]!);
		const exits = {
			kind: 'target',
			labels: [],
			breakTo: after.id,
			continueTo: null,
			plain: true,
			outer: frame.region.exits,
		} as const;
		node.cases.forEach((clause, i) => {
			frame.current = bodies[i]!;
			frame.inside({ chain: [...frame.region.chain, 'case'], exits }, () => lowerStatements(frame, clause.consequent));
			if (frame.current) frame.goto(bodies[i + 1] ?? after);
		});
	});
	frame.current = after;
}
