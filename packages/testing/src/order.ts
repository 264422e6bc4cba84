/** Which of several things that are ready comes next: an index below `count`. */
export type Pick = (count: number) => number;

/** In the order they became ready. */
export const inOrder: Pick = () => 0;

/** Drawn, the same for the same seed: the generator mulberry32. */
export function drawnFrom(seed: number): Pick {
	let state = seed >>> 0;
	return (count) => {
		state = (state + 0x6d2b79f5) >>> 0;
		let t = state;
		t = Math.imul(t ^ (t >>> 15), t | 1);
		t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
		return ((t ^ (t >>> 14)) >>> 0) % count;
	};
}
