/** An older Node is told what is wrong, instead of failing where it lacks something. */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const bin = fileURLToPath(new URL('../../packages/cli/dist/bin.js', import.meta.url));

test.each([
	['20.20.2', 2, 'perdure needs Node 22.18 or later; this is'],
	['22.17.1', 2, 'perdure needs Node 22.18 or later; this is'],
	['22.18.0', 0, ''],
	['24.0.0', 0, ''],
])('on Node %s', (version, code, said) => {
	const older = `Object.defineProperty(process.versions, 'node', { value: '${version}' })`;
	const args = ['--import', `data:text/javascript,${encodeURIComponent(older)}`, bin, '--help'];
	const { status, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' });
	expect(stderr.slice(0, said.length)).toBe(said);
	expect(status).toBe(code);
});
