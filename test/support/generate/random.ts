/** A small seeded source of choices (mulberry32): the same seed makes the same program everywhere. */
export class Random {
	#state: number;

	constructor(seed: number) {
		this.#state = seed >>> 0;
		// Neighbouring seeds start alike otherwise.
		for (let i = 0; i < 3; i++) this.#next();
	}

	#next(): number {
		this.#state = (this.#state + 0x6d2b79f5) >>> 0;
		let t = this.#state;
		t = Math.imul(t ^ (t >>> 15), t | 1);
		t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
		return (t ^ (t >>> 14)) >>> 0;
	}

	/** An integer in [0, below). */
	int(below: number): number {
		return this.#next() % below;
	}

	chance(probability: number): boolean {
		return this.#next() < probability * 2 ** 32;
	}

	pick<T>(choices: readonly T[]): T {
		return choices[this.int(choices.length)]!;
	}

	/** Picks a choice by weight and makes it. A weight of 0 or less excludes a choice. */
	make<T>(choices: readonly (readonly [weight: number, make: () => T])[]): T {
		const all = choices.filter(([weight]) => weight > 0);
		let left = this.int(all.reduce((sum, [weight]) => sum + weight, 0));
		for (const [weight, make] of all) {
			left -= weight;
			if (left < 0) return make();
		}
		throw new Error('no choice');
	}

	/** As many things as asked, made one after the other. */
	times<T>(count: number, make: (index: number) => T): T[] {
		return Array.from({ length: count }, (_, index) => make(index));
	}
}
