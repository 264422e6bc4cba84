import { readdirSync } from 'node:fs';
import { join } from 'node:path';

/** All JavaScript below a directory, sorted; nothing of dependencies, and nothing that a link leads to. */
export function filesIn(directory: string): string[] {
	return readdirSync(directory, { withFileTypes: true })
		.sort((a, b) => (a.name < b.name ? -1 : 1))
		.flatMap((entry) => {
			const path = join(directory, entry.name);
			if (entry.isDirectory()) return entry.name === 'node_modules' ? [] : filesIn(path);
			return entry.isFile() && /\.([cm]?js|jsx)$/.test(entry.name) ? [path] : [];
		});
}
