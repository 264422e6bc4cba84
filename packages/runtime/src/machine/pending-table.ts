import { isDurable } from '../language/durable-promise.ts';
import { Tally } from './census.ts';
import type { Copied } from './copied.ts';
import {
	dueAt,
	type Pending,
	type PendingEffect,
	type PendingNative,
	type PendingSleep,
	type PendingWait,
	Policed,
	type Savable,
} from './pending.ts';

/**
 * What a run waits for, by key, in order of issue; and what every turn asks of it, kept up to date so
 * that a turn of a run with ten thousand effects costs what one with a single effect does.
 *
 * Owns: counts and order of what is in it. Called by: the machine.
 * T1: whoever changes what `dueAt` says of something in it, does so by `limit`, `delay` or `again`.
 */
export class PendingTable extends Map<string, Pending> {
	/** Open `suspend`s and `receive`s, oldest first. */
	readonly waits = new Map<string, PendingWait>();
	/** Waits and sleeps whose outcome a promise gets: a lost race may leave one behind. */
	readonly promised = new Map<string, PendingWait | PendingSleep>();
	/** Functions that made the calls which are effects. */
	readonly callers = new Tally();
	/** Effects of cancelled fibers: few, or the run is at its end. */
	readonly #limited = new Set<PendingEffect>();
	/** Effects, but for those whose next attempt waits for its time; and marks: a run that only ends its turn does not wait. */
	#running = 0;
	/** A binary heap by time. What has left the table is still in it until its time comes. */
	readonly #due: { readonly at: number; readonly pending: Savable }[] = [];
	/** Those whose outcome a promise gets, as a list that each is a link of: nothing else leads to them. */
	first: Savable | null = null;
	#last: Savable | null = null;
	readonly #natives = new Set<PendingNative>();
	readonly #touch: (pending: Savable) => void;

	/** @param touch told of each that was changed by another's coming or going. */
	constructor(touch: (pending: Savable) => void) {
		super();
		this.#touch = touch;
	}

	override set(key: string, pending: Pending): this {
		this.delete(key);
		super.set(key, pending);
		this.#note(pending);
		return this;
	}

	override delete(key: string): boolean {
		const old = this.get(key);
		if (old === undefined) return false;
		this.#forget(old);
		return super.delete(key);
	}

	override clear(): void {
		for (const key of [...this.keys()]) this.delete(key);
		this.#due.length = 0;
	}

	/** Is an effect, a mark or a native promise outstanding? */
	get running(): boolean {
		return this.#running + this.#natives.size > 0;
	}

	/** Native promises: what cannot be saved. */
	get natives(): ReadonlySet<PendingNative> {
		return this.#natives;
	}

	/** Is there anything but open waits? */
	get busy(): boolean {
		return this.size > this.waits.size;
	}

	/** When time alone moves something on (ms since the epoch), or null. */
	get earliest(): number | null {
		let earliest = this.#top()?.at ?? null;
		for (const effect of this.#limited) {
			const at = dueAt(effect)!;
			if (earliest === null || at < earliest) earliest = at;
		}
		return earliest;
	}

	/** A cancelled fiber waits for its effect until then. */
	limit(effect: PendingEffect, graceAt: number): void {
		effect.graceAt = graceAt;
		this.#touch(effect);
		this.#limited.add(effect);
	}

	/** An attempt has failed, and the next one is made at that time. */
	delay(effect: PendingEffect, retryAt: number, error: Copied | null): void {
		this.#fail(effect, retryAt, error);
		this.#running--;
		this.#push(retryAt, effect);
	}

	/** The time of the next attempt has come. */
	again(effect: PendingEffect): void {
		const { key, failures, error } = effect.policed!;
		effect.policed = new Policed(key, failures, null, error);
		this.#touch(effect);
		this.#running++;
	}

	/** An attempt has failed, and the next one is made at once. */
	repeat(effect: PendingEffect, error: Copied | null): void {
		this.#fail(effect, null, error);
	}

	#fail(effect: PendingEffect, retryAt: number | null, error: Copied | null): void {
		const { policed } = effect;
		effect.policed = new Policed(policed?.key ?? null, (policed?.failures ?? 0) + 1, retryAt, error);
		this.#touch(effect);
	}

	/** All whose time has come, in the order of their times; the caller takes each out of the table. */
	due(now: number): Savable[] {
		const due: Savable[] = [];
		for (let top = this.#top(); top !== undefined && top.at <= now; top = this.#top()) {
			due.push(top.pending);
			this.#pop();
		}
		for (const effect of this.#limited) if (dueAt(effect)! <= now) due.push(effect);
		return due.sort((a, b) => dueAt(a)! - dueAt(b)! || a.seq - b.seq);
	}

	#note(pending: Pending): void {
		if (pending.kind === 'native') {
			this.#natives.add(pending);
			return;
		}
		if (isDurable(pending.target)) this.#link(pending);
		if (pending.kind === 'effect') {
			if (pending.retryAt === null) this.#running++;
			else this.#push(pending.retryAt, pending);
			if (pending.functionId !== '') this.callers.add(pending.functionId);
			if (pending.graceAt !== null) this.#limited.add(pending);
		} else {
			const at = dueAt(pending);
			if (at !== null) this.#push(at, pending);
			if (pending.kind === 'mark') this.#running++;
			else this.#noteWait(pending);
		}
	}

	#forget(pending: Pending): void {
		if (pending.kind === 'native') {
			this.#natives.delete(pending);
			return;
		}
		if (isDurable(pending.target)) this.#unlink(pending);
		if (pending.kind === 'effect') {
			if (pending.retryAt === null) this.#running--;
			if (pending.functionId !== '') this.callers.remove(pending.functionId);
			this.#limited.delete(pending);
		} else if (pending.kind === 'mark') this.#running--;
		else {
			this.waits.delete(pending.key);
			this.promised.delete(pending.key);
		}
	}

	#link(pending: Savable): void {
		const before = this.#last;
		pending.previous = before;
		this.#last = pending;
		if (before === null) this.first = pending;
		else {
			before.next = pending;
			this.#touch(before);
		}
	}

	#unlink(pending: Savable): void {
		const { previous, next } = pending;
		if (next === null) this.#last = previous;
		else next.previous = previous;
		if (previous === null) this.first = next;
		else {
			previous.next = next;
			this.#touch(previous);
		}
	}

	#noteWait(wait: PendingWait | PendingSleep): void {
		if (wait.kind !== 'sleep') this.waits.set(wait.key, wait);
		if (isDurable(wait.target)) this.promised.set(wait.key, wait);
	}

	/** The earliest that is still in the table. */
	#top(): { readonly at: number; readonly pending: Savable } | undefined {
		for (;;) {
			const top = this.#due[0];
			if (top === undefined || (this.get(top.pending.key) === top.pending && dueAt(top.pending) === top.at)) return top;
			this.#pop();
		}
	}

	#push(at: number, pending: Savable): void {
		const heap = this.#due;
		let i = heap.push({ at, pending }) - 1;
		while (i > 0) {
			const up = (i - 1) >> 1;
			if (heap[up]!.at <= at) break;
			[heap[i], heap[up]] = [heap[up]!, heap[i]!];
			i = up;
		}
	}

	#pop(): void {
		const heap = this.#due;
		const last = heap.pop()!;
		if (heap.length === 0) return;
		heap[0] = last;
		for (let i = 0; ; ) {
			let least = i;
			for (const child of [2 * i + 1, 2 * i + 2]) {
				if (child < heap.length && heap[child]!.at < heap[least]!.at) least = child;
			}
			if (least === i) return;
			[heap[i], heap[least]] = [heap[least]!, heap[i]!];
			i = least;
		}
	}
}
