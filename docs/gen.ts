/** `npm run gen`: writes the reference pages that are made from the code's own tables. A test compares. */
import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { codesPage } from './codes.ts';
import { pages } from './pages.ts';

/** Where the pages are: for readers here, and in the package of `perdure explain`. */
export const PAGES = ['docs/diagnostics/', 'packages/cli/pages/'].map((path) => new URL(`../${path}`, import.meta.url));

if (import.meta.main) {
	writeFileSync(new URL('codes.md', import.meta.url), codesPage());
	const made = pages();
	for (const folder of PAGES) {
		if (!existsSync(new URL('..', folder))) continue;
		mkdirSync(folder, { recursive: true });
		for (const file of readdirSync(folder)) if (!made.has(file)) rmSync(new URL(file, folder));
		for (const [file, text] of made) writeFileSync(new URL(file, folder), text);
	}
}
