/**
 * Compares ways of doing one thing in one process. Absolute times drift with the machine's load;
 * ratios of samples taken right after one another hold. So: every round takes one sample of each
 * variant, in a rotating order; what counts is the median of the rounds' ratios, and beside it the
 * ratio of the fastest samples, which contention cannot inflate. Where the two differ by more than
 * a fifth the machine was too busy for the first.
 */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

export interface Variant {
	readonly name: string;
	/** Does the thing `times` times. */
	run(times: number): unknown;
}

export interface Compared {
	readonly name: string;
	/** Fastest sample, nanoseconds each time. */
	readonly least: number;
	/** Median of the rounds' ratios to the first variant. */
	readonly median: number;
	/** Ratio of the fastest samples. */
	readonly ofMinima: number;
}

export interface CompareOptions {
	readonly rounds?: number;
	/** Milliseconds that a sample should take: short, so that some are never interrupted. */
	readonly sample?: number;
	/** Milliseconds of processor time to warm each variant up with. */
	readonly warmUp?: number;
}

setFlagsFromString('--expose-gc');
const gc = runInNewContext('gc') as (options: { type: 'minor' }) => void;

/** The first variant is what the others are compared with. */
export async function compare(variants: readonly Variant[], options: CompareOptions = {}): Promise<Compared[]> {
	const { rounds = 101, sample = 8, warmUp = 400 } = options;
	const subjects = [];
	for (const variant of variants)
		subjects.push({ variant, rate: await warm(variant, warmUp), samples: [] as number[] });
	for (let round = 0; round < rounds; round++) {
		for (let i = 0; i < subjects.length; i++) {
			const { variant, rate, samples } = subjects[(i + round) % subjects.length]!;
			const times = Math.max(1, Math.round(rate * sample));
			// A full collection would clear the shapes of objects that no sample keeps, and with them optimised code.
			gc({ type: 'minor' });
			const start = performance.now();
			await variant.run(times);
			samples.push(((performance.now() - start) * 1e6) / times);
		}
	}
	const base = subjects[0]!.samples;
	return subjects.map(({ variant, samples }) => ({
		name: variant.name,
		least: Math.min(...samples),
		median: median(samples.map((value, round) => value / base[round]!)),
		ofMinima: Math.min(...samples) / Math.min(...base),
	}));
}

/** Runs a variant until it is warm. Gives how often it runs in a millisecond by then. */
async function warm(variant: Variant, duration: number): Promise<number> {
	const until = busy() + duration;
	let times = 1;
	for (;;) {
		const start = performance.now();
		await variant.run(times);
		const took = performance.now() - start;
		if (busy() >= until && took > 1) return times / took;
		if (took < 5) times *= 2;
	}
}

/** Milliseconds that this process has computed for, compiling in the background included. */
function busy(): number {
	const { user, system } = process.cpuUsage();
	return (user + system) / 1000;
}

export function median(values: readonly number[]): number {
	const sorted = [...values].sort((a, b) => a - b);
	const middle = sorted.length >> 1;
	return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}
