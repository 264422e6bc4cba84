/**
 * Prints a graph as one `step(frame, mode, value)`: a `switch` in a loop, real `let` locals that are
 * restored at the head of each resume label and written to a fresh `frame.s` only when it parks.
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
	call,
	declare,
	functionDeclaration,
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
import { type Head, type Layout, layout } from './layout.ts';
import type { Around } from './marks.ts';
import { emitOperation, emitParameters, emitResume, emitSuspend } from './park.ts';
import { StepContext, type StepNames, type StepParts } from './step-context.ts';

export interface EmittedStep {
	readonly step: t.FunctionDeclaration;
	/** By `pc`, -1 for none; null when nothing is caught. */
	readonly handlers: readonly number[] | null;
	/** Handlers that are `catch` clauses of the user's. */
	readonly catches: readonly number[];
	/** The suspending blocks, in the order of their `pc`. */
	readonly points: readonly { readonly pc: number; readonly block: Block }[];
	/** `pc` of a handler, for guards. */
	readonly pcOf: (block: BlockId) => number;
}

export function emitStep(parts: StepParts): EmittedStep {
	return new StepEmitter(parts).emit();
}

class StepEmitter {
	private readonly parts: StepParts;
	private readonly names: StepNames;
	private readonly context: StepContext;
	private readonly plan: Layout;
	private readonly handlers: number[] = [];
	private readonly catches: boolean;
	private jumps = false;
	private labelled = false;
	private completes = false;

	constructor(parts: StepParts) {
		this.parts = parts;
		this.names = parts.names;
		this.plan = layout(parts.graph);
		this.catches = this.plan.reachable.some(({ handler }) => handler !== null);
		this.context = new StepContext(parts, {
			jump: (to) => this.jumpOut(to),
			complete: (value, around, node) => this.complete(value, around, node),
		});
	}

	emit(): EmittedStep {
		const { heads } = this.plan;
		for (const head of heads) this.handlers[head.pc] = this.handlerPc(this.handlerOf(head));
		const cases = heads.map((head, index) => this.emitHead(head, heads[index + 1] ?? null));
		const end = this.completes ? this.completion(heads.length) : [];
		const points = heads.filter(({ kind }) => kind === 'resume').map(({ pc, block }) => ({ pc, block }));
		return {
			step: this.frame([...cases, ...end]),
			handlers: this.catches ? this.handlers : null,
			catches: this.clauses(),
			points,
			pcOf: (block) => this.plan.headOf(block)!.pc,
		};
	}

	/** The function around the cases: only as much of loop, `try` and locals as they need. */
	private frame(cases: t.SwitchCase[]): t.FunctionDeclaration {
		const { names } = this;
		const looping = this.jumps || this.catches;
		const single = cases.length === 1 && !looping;
		const discriminant = looping ? id(names.pc) : member(id(names.frame), 'pc');
		const dispatch = { type: 'SwitchStatement', discriminant, cases } as t.SwitchStatement;
		let body: t.Statement[] = single ? unwrapped(cases[0]!.consequent) : [dispatch];
		if (this.catches) body = [this.guarded(body)];
		if (looping) body = [this.loop(body[0]!)];
		const locals = this.locals(looping);
		return functionDeclaration(
			this.parts.name,
			[id(names.frame), id(names.mode), id(names.value)],
			blockOf([...locals, ...body], this.parts.directives),
		);
	}

	private loop(body: t.Statement): t.Statement {
		const loop = { type: 'ForStatement', init: null, test: null, update: null, body } as t.ForStatement;
		if (!this.labelled) return loop;
		return { type: 'LabeledStatement', label: id(this.names.loop), body: loop } as t.LabeledStatement;
	}

	private guarded(body: readonly t.Statement[]): t.TryStatement {
		const { names } = this;
		const unwind = call(this.parts.mark('unwind'), [id(names.frame), id(names.pc), id(names.error)]);
		const caught: t.Statement[] = [run(assign(id(names.pc), unwind)), run(assign(id(names.mode), num(0)))];
		if (this.context.used.has(names.exception)) caught.push(run(assign(id(names.exception), id(names.error))));
		return {
			type: 'TryStatement',
			block: blockOf(body),
			handler: { type: 'CatchClause', param: id(names.error), body: blockOf(caught) },
			finalizer: null,
		} as unknown as t.TryStatement;
	}

	private locals(looping: boolean): t.Statement[] {
		const { names, parts } = this;
		const plain = [...parts.graph.variables.keys()].filter((name) => this.context.used.has(name));
		for (const name of [names.saved, names.exception]) if (this.context.used.has(name)) plain.push(name);
		const declared = plain.map((name) => [id(name), null] as const);
		const pc = looping ? [[id(names.pc), member(id(names.frame), 'pc')] as const] : [];
		return declared.length + pc.length === 0 ? [] : [declare('let', [...pc, ...declared])];
	}

	/** A `return` inside an opaque `try ... finally`: the `finally` runs first, and may override it. */
	private completion(pc: number): t.SwitchCase[] {
		this.handlers[pc] = -1;
		return [caseOf(pc, [this.setDone(), give(id(this.names.value))])];
	}

	/** A `catch` clause guards itself; handlers of `finally` and of iterators that must be closed do not. */
	private clauses(): number[] {
		const pcs = new Set<number>();
		for (const { handler } of this.plan.reachable) {
			if (handler !== null && this.plan.block(handler).guards.includes(handler)) pcs.add(this.handlerPc(handler));
		}
		return [...pcs].sort((a, b) => a - b);
	}

	private handlerOf({ kind, block }: Head): BlockId | null {
		// Nothing runs at the start that could throw.
		return kind === 'start' ? null : block.handler;
	}

	private handlerPc(handler: BlockId | null): number {
		return handler === null ? -1 : this.plan.headOf(handler)!.pc;
	}

	private emitHead(head: Head, next: Head | null): t.SwitchCase {
		const out: t.Statement[] = [];
		if (head.kind === 'start') {
			emitParameters(this.context, head.block.id, out);
			this.emitEdge(head.block.id, null, next, out);
		} else if (head.kind === 'resume') {
			const { handler } = head.block;
			emitResume(this.context, head.block, (to) => this.leave(to, handler), out);
			this.emitEdge(resumesAt(head.block), head.block.handler, next, out);
		} else this.emitBlock(head.block, next, out);
		return caseOf(head.pc, out);
	}

	/** `next`: the case whose text follows, where control may simply run on; null inside an arm. */
	private emitBlock(block: Block, next: Head | null, out: t.Statement[]): void {
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
			if (!same) out.push(run(assign(id(this.names.pc), num(this.regionPc(target.handler)))));
			this.emitBlock(target, next, out);
			return;
		}
		if (head === next) {
			if (!same) out.push(run(assign(id(this.names.pc), num(head.pc))));
			return;
		}
		this.jumps = true;
		out.push(run(assign(id(this.names.pc), num(head.pc))), this.again(false));
	}

	/** A `pc` that stands for the region of `handler`: any one that has it. */
	private regionPc(handler: BlockId | null): number {
		const pc = this.handlerPc(handler);
		const known = this.handlers.indexOf(pc);
		if (known >= 0) return known;
		// None of the cases lies in this region: a number without a case.
		const fresh = Math.max(this.handlers.length, this.plan.heads.length + 1);
		while (this.handlers.length < fresh) this.handlers.push(-1);
		this.handlers[fresh] = pc;
		return fresh;
	}

	private again(labelled: boolean): t.ContinueStatement {
		if (labelled) this.labelled = true;
		return { type: 'ContinueStatement', label: labelled ? id(this.names.loop) : null } as t.ContinueStatement;
	}

	private jumpOut(to: BlockId): t.Statement[] {
		this.jumps = true;
		return [run(assign(id(this.names.pc), num(this.plan.headOf(to)!.pc))), this.again(true)];
	}

	private setDone(): t.Statement {
		return run(
			assign(member(id(this.names.frame), 'done'), { type: 'BooleanLiteral', value: true } as t.BooleanLiteral),
		);
	}

	private complete(value: t.Expression | null, around: Around, node: t.Node | null): t.Statement[] {
		const { names } = this;
		const shielded = around === 'nothing' && this.catches ? 'catch' : around;
		if (shielded === 'finally') {
			this.jumps = true;
			this.completes = true;
			const pc = this.plan.heads.length;
			return [
				run(assign(id(names.value), value ?? undefinedValue())),
				run(assign(id(names.pc), num(pc))),
				this.again(true),
			];
		}
		if (value === null) return [this.setDone(), located(give(null), node?.loc)];
		// Not done yet if evaluating the result throws into a `catch`.
		if (shielded === 'catch' && !this.context.isSimple(value)) {
			const kept = located(run(assign(id(names.value), value)), node?.loc ?? value.loc);
			return [kept, this.setDone(), give(id(names.value))];
		}
		return [this.setDone(), located(give(value), node?.loc ?? value.loc)];
	}
}

/** Statements of a `case`; braces keep what they declare from the other cases. */
function caseOf(pc: number, body: readonly t.Statement[]): t.SwitchCase {
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

function unwrapped(body: readonly t.Statement[]): t.Statement[] {
	return body.length === 1 && body[0]!.type === 'BlockStatement' ? body[0]!.body : [...body];
}
