/** What somebody may have meant who wrote something that there is not. */

/** Those of `known` that differ from `text` in at most `most` letters, the nearest first; upper and lower case are equal. */
export function nearest(text: string, known: Iterable<string>, most = 2): string[] {
	return [...known]
		.map((word) => ({ word, distance: distance(text.toLowerCase(), word.toLowerCase()) }))
		.filter(({ distance }) => distance <= most)
		.sort((a, b) => a.distance - b.distance)
		.map(({ word }) => word);
}

/** Damerau's, with adjacent letters that changed places as one difference: `chekc` is next to `check`. */
function distance(a: string, b: string): number {
	const rows: number[][] = [Array.from({ length: b.length + 1 }, (_, j) => j)];
	for (let i = 1; i <= a.length; i++) {
		const row = [i];
		for (let j = 1; j <= b.length; j++) {
			const changed = rows[i - 1]![j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
			row[j] = Math.min(rows[i - 1]![j]! + 1, row[j - 1]! + 1, changed);
			if (a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) row[j] = Math.min(row[j]!, rows[i - 2]![j - 2]! + 1);
		}
		rows.push(row);
	}
	return rows[a.length]![b.length]!;
}
