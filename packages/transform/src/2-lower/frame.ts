import type * as t from '@babel/types';
import { type Binding, type FunctionInfo, generatorOf, type Scope } from '../1-parse/scope.ts';
import { assign, construct, helper, id, member, nothing, number, statement } from './build.ts';
import type { Block, BlockId, Closure, Site, Terminal, Variable } from './cfg.ts';
import { closureOf } from './closures.ts';
import { completeThrough, type Exit, leaveThrough } from './exits.ts';
import { atEntry, initialise, parameterOfName, place, readBinding, storageOf, storeInFrame } from './storage.ts';
import { type Code, into, type Jumps, type UnitState, uniqueName } from './unit.ts';

/** What holds for every block made at a place of the source. */
export interface Region {
	readonly handler: BlockId | null;
	readonly guards: readonly ('finally' | BlockId)[];
	readonly loops: readonly number[];
	/** Constructs around, for point ids. */
	readonly chain: readonly string[];
	/** The same with plain blocks, for slot names. */
	readonly path: readonly string[];
	/** Where jumps out of here pass, innermost first. */
	readonly exits: Exit | null;
	/** The variable that keeps what `using` declares here. */
	readonly resources: string | null;
}

/** A block that is still being written. */
export interface Draft extends Block {
	end: Terminal;
}

/**
 * One function while it becomes a graph. `current` is the block that code is added to, null behind
 * a jump: what follows there cannot be reached and is not lowered.
 */
export class Frame implements Code {
	readonly unit: UnitState;
	readonly fn: FunctionInfo;
	readonly closures: Closure[] = [];
	readonly starts: Site[] = [];
	readonly owner = '%frame';
	readonly blocks = new Map<BlockId, Draft>();
	readonly variables = new Map<string, Variable>();
	readonly frame = true;
	readonly plain = false;
	/** What the expression that is lowered initialises; see `under`. */
	path: string | null = null;
	/** Set while the awaiting head of a class is lowered. */
	dead: ReadonlySet<Binding> | null = null;
	readonly jumps: Jumps;
	readonly generator: 'sync' | 'async' | null;
	region: Region;
	current: Draft | null = null;
	private readonly slots = new Map<string, Binding>();
	private loops = 0;
	private result: string | null = null;

	constructor(unit: UnitState, fn: FunctionInfo, chain: readonly string[]) {
		this.unit = unit;
		this.fn = fn;
		this.generator = generatorOf(fn.node);
		this.region = { handler: null, guards: [], loops: [], chain, path: [], exits: null, resources: null };
		this.jumps = {
			breaks: false,
			continues: false,
			labels: new Set(),
			leave: (node) => leaveThrough(this, node),
			complete: (value) => completeThrough(this, value),
		};
	}

	get chain(): readonly string[] {
		return this.region.chain;
	}

	/** Lowers what `path` names: closures in it are found by that, whether or not it suspends. */
	under<T>(path: string | null, lower: () => T): T {
		const outside = this.path;
		this.path = path;
		const result = lower();
		this.path = outside;
		return result;
	}

	// Blocks

	block(region: Region = this.region): Draft {
		const { handler, guards, loops } = region;
		const draft: Draft = { id: this.blocks.size, body: [], end: { kind: 'unreachable' }, handler, guards, loops };
		this.blocks.set(draft.id, draft);
		return draft;
	}

	/** Changes what holds for a block that is not written yet. */
	replace(draft: Draft, region: Region): void {
		const { handler, guards, loops } = region;
		Object.assign(draft, { handler, guards, loops });
	}

	emit(...statements: t.Statement[]): void {
		this.current?.body.push(...statements);
	}

	end(terminal: Terminal): void {
		if (this.current) this.current.end = terminal;
		this.current = null;
	}

	goto(to: Draft): void {
		this.end({ kind: 'goto', to: to.id });
	}

	/** Goes on in `block`; the current one, if it is open, leads there. */
	enter(block: Draft): void {
		if (this.current) this.goto(block);
		this.current = block;
	}

	branch(test: t.Expression, yes: Draft, no: Draft): void {
		this.end({ kind: 'branch', test, yes: yes.id, no: no.id });
	}

	/** Lowers inside a changed region; afterwards the old one holds again. */
	inside(changes: Partial<Region>, lower: () => void): void {
		const outer = this.region;
		this.region = { ...outer, ...changes };
		lower();
		this.region = outer;
	}

	/** Adds a construct to what is around. */
	around(kind: string): Pick<Region, 'chain' | 'path'> {
		return { chain: [...this.region.chain, kind], path: [...this.region.path, kind] };
	}

	nextLoop(): readonly number[] {
		return [...this.region.loops, this.loops++];
	}

	/**
	 * At the head of the innermost loop: `%frame.passed |= 4`. So the runtime knows that an iteration has ended
	 * (abi, `Activation.passed`). A synchronous generator issues nothing.
	 */
	passHead(): void {
		const depth = Math.min(this.region.loops.length - 1, 30);
		if (this.generator === 'sync') return;
		this.emit(statement(assign(member(helper('frame'), 'passed'), number(2 ** depth), '|=')));
	}

	// Variables

	temporary(role: string, node: t.Node, reload: t.Expression | null = null): string {
		const name = uniqueName(this.unit, `$${role}`);
		this.variables.set(name, {
			name,
			slot: role,
			temporary: node,
			source: null,
			cell: false,
			reload,
			declaration: null,
		});
		return name;
	}

	local(role: string, node: t.Node): string {
		return this.temporary(role, node);
	}

	/** A variable of the lowering itself that a construct has one of, such as a completion record. */
	scoped(role: string): string {
		const name = uniqueName(this.unit, `$${role}`);
		const slot = [...this.region.path, `%${role}`].join('>');
		this.variables.set(name, {
			name,
			slot,
			temporary: null,
			source: null,
			cell: false,
			reload: null,
			declaration: null,
		});
		return name;
	}

	/** Holds the value of a `return` while iterators are closed on its way out. */
	get resultVariable(): string {
		if (this.result === null) {
			const name = uniqueName(this.unit, '$result');
			this.variables.set(name, {
				name,
				slot: '%result',
				temporary: null,
				source: null,
				cell: false,
				reload: null,
				declaration: null,
			});
			this.result = name;
		}
		return this.result;
	}

	addBinding(binding: Binding, slot?: string): void {
		const storage = storeInFrame(this.unit, binding);
		this.variables.set(storage.name, {
			name: storage.name,
			slot: slot ?? this.slotOf(binding),
			temporary: null,
			source: binding.name,
			binding,
			cell: storage.cell,
			reload: null,
			declaration: binding.node.loc ?? null,
		});
	}

	/** A body that declares a name of its loop's head once more has both live: it counts as a block then. */
	private slotOf(binding: Binding): string {
		const path = [...this.region.path];
		for (;;) {
			const slot = [...path, binding.name].join('>');
			const other = this.slots.get(slot);
			if (!other || !encloses(other.scope, binding.scope)) {
				this.slots.set(slot, binding);
				return slot;
			}
			path.push('block');
		}
	}

	/** Makes the names of a scope variables of this frame and does what its head does. */
	openScope(scope: Scope | undefined): void {
		if (!scope) return;
		for (const binding of scope.bindings.values()) if (binding.kind !== 'param') this.addBinding(binding);
		for (const binding of scope.bindings.values()) {
			if (binding.kind === 'param') continue;
			const storage = storageOf(this.unit, binding);
			const parameter = parameterOfName(binding);
			if (parameter) {
				const value = readBinding(this, parameter, false);
				this.emit(statement(assign(id(storage.name), storage.cell ? construct(helper('Cell'), [value]) : value)));
				continue;
			}
			const empty = atEntry(storage);
			if (empty) this.emit(statement(assign(id(storage.name), empty)));
		}
		for (const node of scope.hoisted) {
			const binding = node.id && scope.bindings.get(node.id.name);
			if (!binding) continue;
			const value = closureOf(into(this, binding.name), node, binding.name);
			this.emit(statement(assign(place(storageOf(this.unit, binding)), value)));
		}
	}

	/** The names of a loop's head once more, for another iteration. */
	renewScope(scope: Scope): void {
		for (const binding of scope.bindings.values()) {
			const storage = storageOf(this.unit, binding);
			const empty = atEntry(storage);
			if (empty) this.emit(statement(assign(id(storage.name), empty)));
		}
	}

	/** Gives a lexical name its first value. */
	initialise(binding: Binding, value: t.Expression | null): t.Statement {
		return statement(initialise(this, binding, value ?? nothing()));
	}
}

function encloses(outer: Scope, scope: Scope): boolean {
	for (let each = scope.parent; each; each = each.parent) if (each === outer) return true;
	return false;
}
