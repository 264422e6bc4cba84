import type * as t from '@babel/types';
import { isType } from '../1-parse/scope.ts';
import { suspends } from '../1-parse/suspends.ts';
import { at } from './build.ts';
import { lowerDeclaration } from './declarations.ts';
import { jumpFrom, jumpOf } from './exits.ts';
import { lowerEffect, lowerTest, lowerValue } from './expressions.ts';
import type { Frame } from './frame.ts';
import { lowerClass } from './literals.ts';
import { lowerDoWhile, lowerFor, lowerWhile } from './loops.ts';
import { lowerForIn, lowerForOf } from './loops-over.ts';
import { opaqueStatement } from './opaque.ts';
import { lowerReturn } from './returns.ts';
import { lowerSwitch } from './switch.ts';
import { lowerTry } from './try.ts';
import { isUsing, lowerDisposing } from './using.ts';

export function lowerStatements(frame: Frame, body: readonly t.Statement[]): void {
	// Behind a jump nothing is reached; declarations there were hoisted by the scope's head.
	for (let i = 0; i < body.length && frame.current; i++) {
		const node = body[i]!;
		if (isUsing(node)) {
			const rest = body.slice(i);
			lowerDisposing(frame, rest.filter(isUsing), 'using', () => {
				for (const each of rest) if (frame.current) lowerStatement(frame, each);
			});
			return;
		}
		lowerStatement(frame, node);
	}
}

export function lowerStatement(frame: Frame, node: t.Statement, labels: readonly string[] = []): void {
	if (isType(node)) return;
	switch (node.type) {
		case 'ReturnStatement':
			if (node.argument) lowerReturn(frame, node.argument, node);
			else jumpFrom(frame, frame.region.exits, { kind: 'return' }, null);
			return;
		case 'BreakStatement':
		case 'ContinueStatement':
			jumpFrom(frame, frame.region.exits, jumpOf(node), null);
			return;
		case 'ThrowStatement':
			frame.end({ kind: 'throw', value: lowerValue(frame, node.argument) });
			return;
		default:
	}
	if (!suspends(node, frame.unit.memo)) {
		frame.emit(...opaqueStatement(frame, node, labels));
		return;
	}
	switch (node.type) {
		case 'ExpressionStatement':
			lowerEffect(frame, node.expression);
			return;
		case 'VariableDeclaration':
			lowerDeclaration(frame, node);
			return;
		case 'BlockStatement':
			frame.inside({ path: [...frame.region.path, 'block'] }, () => lowerBlock(frame, node));
			return;
		case 'IfStatement':
			lowerIf(frame, node);
			return;
		case 'LabeledStatement':
			lowerLabeled(frame, node, labels);
			return;
		case 'WhileStatement':
			lowerWhile(frame, node, labels);
			return;
		case 'DoWhileStatement':
			lowerDoWhile(frame, node, labels);
			return;
		case 'ForStatement':
			lowerFor(frame, node, labels);
			return;
		case 'ForOfStatement':
			lowerForOf(frame, node, labels);
			return;
		case 'ForInStatement':
			lowerForIn(frame, node, labels);
			return;
		case 'SwitchStatement':
			lowerSwitch(frame, node);
			return;
		case 'TryStatement':
			lowerTry(frame, node);
			return;
		case 'ClassDeclaration': {
			const binding = frame.unit.scopes.declared.get(node.id!)!;
			frame.emit(at(frame.initialise(binding, lowerClass(frame, node, binding.name)), node));
			return;
		}
		default:
			frame.unit.sink.report('PD2017', node, { what: `A suspension inside ${node.type}`, way: 'await before it' });
	}
}

/** The statements of a block in a scope of their own. */
export function lowerBlock(frame: Frame, node: t.BlockStatement): void {
	frame.openScope(frame.unit.scopes.byNode.get(node));
	lowerStatements(frame, node.body);
}

/** An arm of a construct: a block there is the construct's own. */
export function lowerArm(frame: Frame, node: t.Statement): void {
	if (node.type === 'BlockStatement') lowerBlock(frame, node);
	else if (node.type === 'FunctionDeclaration') {
		frame.openScope(frame.unit.scopes.arms.get(node));
		lowerStatement(frame, node);
	} else lowerStatement(frame, node);
}

function lowerIf(frame: Frame, node: t.IfStatement): void {
	const region = frame.region;
	const yes = frame.block({ ...region, ...frame.around('if') });
	const no = node.alternate ? frame.block({ ...region, ...frame.around('else') }) : null;
	const after = frame.block();
	lowerTest(frame, node.test, yes, no ?? after);
	frame.current = yes;
	frame.inside(frame.around('if'), () => lowerArm(frame, node.consequent));
	if (frame.current) frame.goto(after);
	if (no && node.alternate) {
		const alternate = node.alternate;
		frame.current = no;
		frame.inside(frame.around('else'), () => lowerArm(frame, alternate));
		if (frame.current) frame.goto(after);
	}
	frame.current = after;
}

/** A label on a loop belongs to the loop; on anything else only `break` can name it. */
function lowerLabeled(frame: Frame, node: t.LabeledStatement, labels: readonly string[]): void {
	const all = [...labels, node.label.name];
	if (/^(For|ForIn|ForOf|While|DoWhile)Statement$/.test(node.body.type) || node.body.type === 'LabeledStatement') {
		lowerStatement(frame, node.body, all);
		return;
	}
	const after = frame.block();
	const exits = {
		kind: 'target',
		labels: all,
		breakTo: after.id,
		continueTo: null,
		plain: false,
		outer: frame.region.exits,
	} as const;
	frame.inside({ exits }, () => lowerStatement(frame, node.body));
	frame.enter(after);
}
