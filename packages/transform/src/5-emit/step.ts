/**
 * Prints a graph as one `step(frame, mode, value)`: a `switch` in a loop, real `let` locals that are
 * restored at the head of each resume label and written to a fresh `frame.s` only when it parks.
 *
 * `pc` says which region runs, for `%unwind`: `handlers[pc]` is where an exception goes. So it keeps
 * the old value while the operands of a suspension are evaluated, though `frame.pc` has the new one.
 */
import * as t from '@babel/types';
import type { Block, BlockId, CallOperation, ChainOperation, Graph, Site } from '../2-lower/cfg.ts';
import { operandsOf } from '../3-analyze/liveness.ts';
import type { Slots } from '../3-analyze/slots.ts';
import {
	array,
	assign,
	at,
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
	sequence,
	throwStatement,
	undefinedValue,
	when,
} from './build.ts';
import { type Head, type Layout, layout } from './layout.ts';
import { type Around, type Marks, rewriteExpression, rewriteStatements } from './marks.ts';

/** Names of the parameters and locals that are not the user's; the same for a whole file. */
export interface StepNames {
	readonly frame: string;
	readonly mode: string;
	readonly value: string;
	readonly pc: string;
	readonly saved: string;
	readonly exception: string;
	readonly error: string;
	readonly loop: string;
}

export interface StepParts {
	readonly name: string;
	readonly graph: Graph;
	readonly slots: Slots;
	readonly names: StepNames;
	/** The expression for a mark `%name` that is not local to the step. */
	readonly mark: (name: string) => t.Expression;
	/** Index of a site in the definition. */
	readonly site: (site: Site) => number;
	readonly directives: readonly t.Directive[];
}

export interface EmittedStep {
	readonly step: t.FunctionDeclaration;
	/** By `pc`, -1 for none; null when nothing is caught. */
	readonly handlers: readonly number[] | null;
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
	private readonly plan: Layout;
	private readonly handlers: number[] = [];
	private readonly catches: boolean;
	private readonly marks: Marks;
	private readonly used = new Set<string>();
	private jumps = false;
	private labelled = false;
	private completes = false;

	constructor(parts: StepParts) {
		this.parts = parts;
		this.names = parts.names;
		this.plan = layout(parts.graph);
		this.catches = this.plan.reachable.some(({ handler }) => handler !== null);
		this.marks = {
			mark: (name) => this.mark(name),
			jump: (to) => this.jumpOut(to),
			complete: (value, around, node) => this.complete(value, around, node),
		};
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
		if (this.used.has(names.exception)) caught.push(run(assign(id(names.exception), id(names.error))));
		return {
			type: 'TryStatement',
			block: blockOf(body),
			handler: { type: 'CatchClause', param: id(names.error), body: blockOf(caught) },
			finalizer: null,
		} as unknown as t.TryStatement;
	}

	private locals(looping: boolean): t.Statement[] {
		const { names, parts } = this;
		const plain = [...parts.graph.variables.keys()].filter((name) => this.used.has(name));
		for (const name of [names.saved, names.exception]) if (this.used.has(name)) plain.push(name);
		const declared = plain.map((name) => [id(name), null] as const);
		const pc = looping ? [[id(names.pc), member(id(names.frame), 'pc')] as const] : [];
		return declared.length + pc.length === 0 ? [] : [declare('let', [...pc, ...declared])];
	}

	/** A `return` inside an opaque `try ... finally`: the `finally` runs first, and may override it. */
	private completion(pc: number): t.SwitchCase[] {
		this.handlers[pc] = -1;
		return [caseOf(pc, [this.setDone(), give(id(this.names.value))])];
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
			this.emitParameters(out);
			this.emitEdge(head.block.id, null, next, out);
		} else if (head.kind === 'resume') this.emitResume(head, next, out);
		else this.emitBlock(head.block, next, out);
		return caseOf(head.pc, out);
	}

	private emitParameters(out: t.Statement[]): void {
		const { parameters } = this.parts.graph;
		const live = this.parts.slots.live.entry.get(this.plan.target(this.parts.graph.entry));
		const frame = id(this.names.frame);
		const set = (name: string | null, value: t.Expression) => {
			if (name !== null && live?.has(name)) out.push(run(assign(this.variable(name), value)));
		};
		set(parameters.args, member(frame, 's'));
		set(parameters.self, member(frame, 'self'));
		parameters.env.forEach((name, index) => set(name, at(member(frame, 'env'), num(index))));
	}

	private emitResume({ block }: Head, next: Head | null, out: t.Statement[]): void {
		if (block.end.kind !== 'suspend') return;
		const { names } = this;
		const slots = this.parts.slots.parked.get(block.id)!;
		const stored = member(id(names.frame), 's');
		if (slots.length === 1) out.push(run(assign(this.variable(slots[0]!.name), at(stored, num(0)))));
		else if (slots.length > 1) {
			const restore = slots.map(({ name }, index) => assign(this.variable(name), at(id(names.saved), num(index))));
			out.push(run(sequence([assign(this.variable(names.saved), stored), ...restore])));
		}
		out.push(when(id(names.mode), [throwStatement(id(names.value))]));
		const { result, to } = block.end;
		// A result that nothing reads has no variable to go to.
		if (result !== null && this.isLiveAt(result, to)) {
			out.push(located(run(assign(this.variable(result), id(names.value))), block.end.point.loc));
		}
		this.emitEdge(to, block.handler, next, out);
	}

	private isLiveAt(name: string, block: BlockId): boolean {
		return this.parts.slots.live.entry.get(block)?.has(name) === true;
	}

	/** `next`: the case whose text follows, where control may simply run on; null inside an arm. */
	private emitBlock(block: Block, next: Head | null, out: t.Statement[]): void {
		this.note(block.body);
		out.push(...rewriteStatements(block.body, this.marks));
		const { end } = block;
		switch (end.kind) {
			case 'goto':
				return this.emitEdge(end.to, block.handler, next, out);
			case 'branch':
				return this.emitBranch(end.test, [end.yes, end.no], block, next, out);
			case 'dispatch': {
				const cases = end.cases.map(([value, to]) => {
					const arm: t.Statement[] = [];
					this.emitEdge(to, block.handler, null, arm);
					return { type: 'SwitchCase', test: { type: 'StringLiteral', value }, consequent: arm } as t.SwitchCase;
				});
				const on = this.expression(end.on);
				if (cases.length > 0) out.push({ type: 'SwitchStatement', discriminant: on, cases } as t.SwitchStatement);
				return this.emitEdge(end.otherwise, block.handler, next, out);
			}
			case 'suspend':
				return this.emitSuspend(block, out);
			case 'tail':
				out.push(located(give(this.operation('tail', end.op)), end.op.site.loc));
				return;
			case 'return':
				out.push(...this.complete(end.value ? this.expression(end.value) : null, block.handler === null ? 'nothing' : 'catch', null));
				return;
			case 'throw':
				out.push(located(throwStatement(this.expression(end.value)), end.value.loc));
				return;
			case 'unreachable':
				out.push(throwStatement(undefinedValue()));
				return;
		}
	}

	private emitBranch(
		test: t.Expression,
		[yes, no]: readonly [BlockId, BlockId],
		block: Block,
		next: Head | null,
		out: t.Statement[],
	): void {
		const condition = this.expression(test);
		if (this.plan.target(yes) === this.plan.target(no)) {
			out.push(run(condition));
			return this.emitEdge(yes, block.handler, next, out);
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
			return this.emitBlock(target, next, out);
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

	private emitSuspend(block: Block, out: t.Statement[]): void {
		if (block.end.kind !== 'suspend') return;
		const { names } = this;
		const { op, point } = block.end;
		const slots = this.parts.slots.parked.get(block.id)!;
		const frame = id(names.frame);
		const park = [
			assign(member(frame, 'pc'), num(this.plan.resumeOf(block.id).pc)),
			assign(member(frame, 's'), array(slots.map(({ name }) => this.variable(name)))),
		];
		const kept = new Set(slots.map(({ name }) => name));
		if (!operandsOf(op).some((operand) => writes(operand, kept))) {
			const awaited = op.kind === 'value' ? this.expression(op.value) : this.operation(op.kind, op);
			out.push(...park.map(run), located(give(awaited), point.loc));
		} else if (op.kind === 'value') {
			// `await (x = g())`: what is kept is the new `x`.
			out.push(run(assign(id(names.value), this.expression(op.value))), ...park.map(run));
			out.push(located(give(id(names.value)), point.loc));
		} else {
			// The last argument is evaluated after all operands; the helper does not look at it.
			out.push(located(give(this.operation(op.kind, op, [sequence(park)])), point.loc));
		}
	}

	/** `%call(frame, site, callee, self, args, ...)`; `last`: more arguments, for their evaluation only. */
	private operation(
		helper: 'call' | 'chain' | 'tail',
		op: CallOperation | ChainOperation,
		last: readonly t.Expression[] = [],
	): t.Expression {
		const args: t.Expression[] = [
			id(this.names.frame),
			num(this.parts.site(op.site)),
			this.expression(op.callee),
			op.self ? this.expression(op.self) : undefinedValue(),
			array(op.args.map((arg) => this.expression(arg))),
		];
		if (op.kind === 'chain') {
			const links = op.rest.map((link) =>
				array([
					array(link.keys.map((key) => this.expression(key))),
					array(link.args.map((arg) => this.expression(arg))),
				]),
			);
			args.push(array(links));
		}
		if (op.key) args.push(this.expression(op.key));
		else if (last.length > 0) args.push(undefinedValue());
		return located(call(this.parts.mark(helper), [...args, ...last]), op.site.loc);
	}

	private setDone(): t.Statement {
		return run(assign(member(id(this.names.frame), 'done'), { type: 'BooleanLiteral', value: true } as t.BooleanLiteral));
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
		if (shielded === 'catch' && !this.isSimple(value)) {
			const kept = located(run(assign(id(names.value), value)), node?.loc ?? value.loc);
			return [kept, this.setDone(), give(id(names.value))];
		}
		return [this.setDone(), located(give(value), node?.loc ?? value.loc)];
	}

	/** Evaluating it cannot throw. */
	private isSimple(node: t.Expression): boolean {
		if (node.type === 'Identifier') return this.parts.graph.variables.has(node.name);
		return t.isLiteral(node) && node.type !== 'TemplateLiteral';
	}

	private expression<N extends t.Node>(node: N): N {
		this.note([node]);
		return rewriteExpression(node, this.marks);
	}

	private variable(name: string): t.Identifier {
		this.used.add(name);
		return id(name);
	}

	private note(nodes: readonly t.Node[]): void {
		const { variables } = this.parts.graph;
		for (const node of nodes) {
			t.traverseFast(node, (inner) => {
				if (inner.type === 'Identifier' && variables.has(inner.name)) this.used.add(inner.name);
			});
		}
	}

	private mark(name: string): t.Expression {
		if (name === 'exception') return this.variable(this.names.exception);
		if (name === 'frame') return id(this.names.frame);
		return this.parts.mark(name);
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

function unwrapped(body: readonly t.Statement[]): t.Statement[] {
	return body.length === 1 && body[0]!.type === 'BlockStatement' ? body[0]!.body : [...body];
}

/** Does evaluating `node` assign one of the variables? Captured ones that change are cells and do not count. */
function writes(node: t.Node, names: ReadonlySet<string>): boolean {
	let found = false;
	t.traverseFast(node, (inner) => {
		if (found) return;
		const target =
			inner.type === 'AssignmentExpression' ? inner.left : inner.type === 'UpdateExpression' ? inner.argument : null;
		if (!target) return;
		t.traverseFast(target, (part) => {
			if (part.type === 'Identifier' && names.has(part.name)) found = true;
		});
	});
	return found;
}
