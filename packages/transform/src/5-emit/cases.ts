/**
 * Prints the blocks of a graph as the cases of a `switch`.
 *
 * `pc` says which region runs, for `%unwind`: `handlers[pc]` is where an exception goes. So it keeps
 * the old value while the operands of a suspension are evaluated, though `frame.pc` has the new one.
 */
import type * as t from '@babel/types';
import type { Block, BlockId } from '../2-lower/cfg.ts';
import { alwaysTaken } from '../3-analyze/live-expression.ts';
import { broken } from '../invariant.ts';
import {
	assign,
	block as blockOf,
	give,
	id,
	located,
	member,
	not,
	num,
	run,
	throwStatement,
	undefinedValue,
	when,
} from './build.ts';
import type { Head, Layout } from './layout.ts';
import type { Around } from './marks.ts';
import { emitOperation, emitParameters, emitResume, emitSuspend } from './park.ts';
import { StepContext, type StepNames, type StepParts } from './step-context.ts';

/** A case, and what it asks of the function that it stands in. */
export interface Case {
	readonly head: Head;
	readonly statement: t.SwitchCase;
	/** Variables and locals that it mentions. */
	readonly used: ReadonlySet<string>;
	/** Heads that it jumps to, by `pc`. */
	readonly jumps: ReadonlySet<number>;
	/** Handlers of the regions in it. */
	readonly handlers: ReadonlySet<number>;
	/** The head behind it, if control may run on into it. */
	readonly fallsTo: Head | null;
	/** It jumps out of a statement that is a target of `continue` itself. */
	readonly labelled: boolean;
	/** It completes the function by way of the case behind all others. */
	readonly completes: boolean;
}

/** `handlers`: by `pc`; what stands for a region without a case is added. */
export function emitCases(parts: StepParts, plan: Layout, catches: boolean, handlers: number[]): Case[] {
	const { heads } = plan;
	const pcOf = (block: BlockId | null) => (block === null ? -1 : plan.headOf(block)!.pc);
	// Nothing runs at the start that could throw.
	for (const { pc, kind, block } of heads) handlers[pc] = kind === 'start' ? -1 : pcOf(block.handler);
	const regions = new Map<number, number>();
	handlers.forEach((handler, pc) => {
		if (!regions.has(handler)) regions.set(handler, pc);
	});
	/** A `pc` that stands for a region: any one that has its handler. If no case has, a number without a case. */
	const regionPc = (handler: number) => {
		let pc = regions.get(handler);
		if (pc === undefined) {
			pc = Math.max(handlers.length, heads.length + 1);
			while (handlers.length < pc) handlers.push(-1);
			handlers[pc] = handler;
			regions.set(handler, pc);
		}
		return pc;
	};
	return heads.map((head, at) => {
		const emitter = new CaseEmitter(parts, plan, catches, regionPc);
		return emitter.emit(head, heads[at + 1] ?? null);
	});
}

class CaseEmitter {
	private readonly plan: Layout;
	private readonly names: StepNames;
	private readonly catches: boolean;
	private readonly regionPc: (handler: number) => number;
	private readonly context: StepContext;
	private readonly jumps = new Set<number>();
	private readonly handlers = new Set<number>();
	private labelled = false;
	private completes = false;
	private falls = false;

	constructor(parts: StepParts, plan: Layout, catches: boolean, regionPc: (handler: number) => number) {
		this.plan = plan;
		this.names = parts.names;
		this.catches = catches;
		this.regionPc = regionPc;
		this.context = new StepContext(parts, {
			jump: (to) => this.jumpOut(to),
			complete: (value, around, node) => this.complete(value, around, node),
		});
	}

	emit(head: Head, next: Head | null): Case {
		const out: t.Statement[] = [];
		if (head.kind === 'start') {
			emitParameters(this.context, head.block.id, out);
			this.emitEdge(head.block.id, null, next, out);
		} else if (head.kind === 'resume') {
			const { handler } = head.block;
			this.enterRegion(handler);
			emitResume(this.context, head.block, (to) => this.leave(to, handler), out);
			this.emitEdge(resumesAt(head.block), handler, next, out);
		} else this.emitBlock(head.block, next, out);
		return {
			head,
			statement: caseOf(head.pc, out),
			used: this.context.used,
			jumps: this.jumps,
			handlers: this.handlers,
			fallsTo: this.falls ? next : null,
			labelled: this.labelled,
			completes: this.completes,
		};
	}

	private handlerPc(handler: BlockId | null): number {
		return handler === null ? -1 : this.plan.headOf(handler)!.pc;
	}

	private enterRegion(handler: BlockId | null): void {
		if (handler !== null) this.handlers.add(this.handlerPc(handler));
	}

	/** `next`: the case whose text follows, where control may simply run on; null inside an arm. */
	private emitBlock(block: Block, next: Head | null, out: t.Statement[]): void {
		this.enterRegion(block.handler);
		out.push(...this.context.statements(block.body));
		const { end } = block;
		switch (end.kind) {
			case 'goto':
				this.emitEdge(end.to, block.handler, next, out);
				return;
			case 'branch':
				this.emitBranch(end.test, [end.yes, end.no], block, next, out);
				return;
			case 'dispatch': {
				const cases = end.cases.map(([value, to]) => {
					const arm: t.Statement[] = [];
					this.emitEdge(to, block.handler, null, arm);
					return { type: 'SwitchCase', test: { type: 'StringLiteral', value }, consequent: arm } as t.SwitchCase;
				});
				const on = this.context.expression(end.on);
				if (cases.length > 0) out.push({ type: 'SwitchStatement', discriminant: on, cases } as t.SwitchStatement);
				this.emitEdge(end.otherwise, block.handler, next, out);
				return;
			}
			case 'suspend':
				emitSuspend(this.context, block, this.plan.resumeOf(block.id).pc, out);
				return;
			case 'tail':
				out.push(located(give(emitOperation(this.context, 'tail', end.op)), end.op.site.loc));
				return;
			case 'return':
				out.push(...this.complete(end.value && this.context.expression(end.value), 'nothing', null));
				return;
			case 'throw':
				out.push(located(throwStatement(this.context.expression(end.value)), end.value.loc));
				return;
			case 'unreachable':
				out.push(throwStatement(undefinedValue()));
				return;
		}
	}

	/** Where a return completion goes from a `yield`. */
	private leave(to: BlockId, handler: BlockId | null): t.Statement[] {
		const out: t.Statement[] = [];
		this.emitEdge(to, handler, null, out);
		return out;
	}

	private emitBranch(
		test: t.Expression,
		[yes, no]: readonly [BlockId, BlockId],
		block: Block,
		next: Head | null,
		out: t.Statement[],
	): void {
		const taken = alwaysTaken(test);
		if (taken !== null) {
			this.emitEdge(taken ? yes : no, block.handler, next, out);
			return;
		}
		const condition = this.context.expression(test);
		if (this.plan.target(yes) === this.plan.target(no)) {
			out.push(run(condition));
			this.emitEdge(yes, block.handler, next, out);
			return;
		}
		// The arm whose text can follow without a jump follows; the other is left by a jump or an end.
		const yesFollows = next !== null && this.plan.headOf(yes) === next;
		const [inside, after] = yesFollows ? [no, yes] : [yes, no];
		const arm: t.Statement[] = [];
		this.emitEdge(inside, block.handler, null, arm);
		out.push(when(yesFollows ? not(condition) : condition, arm));
		this.emitEdge(after, block.handler, next, out);
	}

	/** Goes on with `to`, from a region that `handler` shields. */
	private emitEdge(to: BlockId, handler: BlockId | null, next: Head | null, out: t.Statement[]): void {
		const target = this.plan.block(this.plan.target(to));
		const head = this.plan.headOf(target.id);
		const same = this.handlerPc(handler) === this.handlerPc(target.handler);
		if (head === null) {
			if (!same) out.push(run(assign(id(this.names.pc), num(this.regionPc(this.handlerPc(target.handler))))));
			this.emitBlock(target, next, out);
			return;
		}
		if (head === next) {
			this.falls = true;
			if (!same) out.push(run(assign(id(this.names.pc), num(head.pc))));
			return;
		}
		this.jumps.add(head.pc);
		out.push(run(assign(id(this.names.pc), num(head.pc))), this.again(false));
	}

	private again(labelled: boolean): t.ContinueStatement {
		if (labelled) this.labelled = true;
		return { type: 'ContinueStatement', label: labelled ? id(this.names.loop) : null } as t.ContinueStatement;
	}

	private jumpOut(to: BlockId): t.Statement[] {
		const { pc } = this.plan.headOf(to)!;
		this.jumps.add(pc);
		return [run(assign(id(this.names.pc), num(pc))), this.again(true)];
	}

	private complete(value: t.Expression | null, around: Around, node: t.Node | null): t.Statement[] {
		const { names } = this;
		const shielded = around === 'nothing' && this.catches ? 'catch' : around;
		if (shielded === 'finally') {
			this.completes = true;
			const pc = this.plan.heads.length;
			return [
				run(assign(id(names.value), value ?? undefinedValue())),
				run(assign(id(names.pc), num(pc))),
				this.again(true),
			];
		}
		if (value === null) return [setDone(this.names), located(give(null), node?.loc)];
		// Not done yet if evaluating the result throws into a `catch`.
		if (shielded === 'catch' && !this.context.isSimple(value)) {
			const kept = located(run(assign(id(names.value), value)), node?.loc ?? value.loc);
			return [kept, setDone(this.names), give(id(names.value))];
		}
		return [setDone(this.names), located(give(value), node?.loc ?? value.loc)];
	}
}

export function setDone(names: StepNames): t.Statement {
	const done = { type: 'BooleanLiteral', value: true } as t.BooleanLiteral;
	return run(assign(member(id(names.frame), 'done'), done));
}

/** Statements of a `case`; braces keep what they declare from the other cases. */
export function caseOf(pc: number, body: readonly t.Statement[]): t.SwitchCase {
	const declares = body.some(
		(statement) =>
			(statement.type === 'VariableDeclaration' && statement.kind !== 'var') ||
			statement.type === 'ClassDeclaration' ||
			statement.type === 'FunctionDeclaration',
	);
	return { type: 'SwitchCase', test: num(pc), consequent: declares ? [blockOf(body)] : [...body] } as t.SwitchCase;
}

function resumesAt({ end }: Block): BlockId {
	return end.kind === 'suspend' ? end.to : broken('a point that no suspend ends');
}
