import { chmodSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';

/**
 * Gives files new texts, each as a whole: one that is read meanwhile, or after a crash, is the old or the
 * new one. All are written before the first is replaced, so that a full disk changes nothing.
 */
export function replaceFiles(files: readonly (readonly [path: string, text: string])[]): void {
	const temporary = files.map(([path]) => `${path}.${process.pid}.tmp`);
	try {
		files.forEach(([path, text], index) => {
			writeFileSync(temporary[index]!, text);
			chmodSync(temporary[index]!, statSync(path).mode);
		});
		files.forEach(([path], index) => {
			renameSync(temporary[index]!, path);
		});
	} finally {
		for (const path of temporary) rmSync(path, { force: true });
	}
}
