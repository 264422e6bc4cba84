import { resolve } from 'node:path';
import { DIRECTIVE_HINT, mentionsDirective } from '@perdure/transform';
import { expect, test } from 'vitest';
import { fileOf } from '../../packages/unplugin/src/module-id.ts';

const compiled: readonly (readonly [id: string, file: string])[] = [
	['/shop/src/a.ts', '/shop/src/a.ts'],
	['/shop/src/a.mts?v=3', '/shop/src/a.mts'],
	['/shop/src/a.jsx?t=1&import#x', '/shop/src/a.jsx'],
	['/shop/my raw url.ts', '/shop/my raw url.ts'],
	['C:\\shop\\src\\a.cjs', 'C:\\shop\\src\\a.cjs'],
	['\0flows', 'flows'],
	['virtual:flows.ts', 'virtual:flows.ts'],
	['/shop/node_modules/@acme/flows/src/a.ts', '/shop/node_modules/@acme/flows/src/a.ts'],
	[
		'/shop/node_modules/.pnpm/plain@1/node_modules/plain/a.js',
		'/shop/node_modules/.pnpm/plain@1/node_modules/plain/a.js',
	],
];

test.for(compiled)('%s is compiled', ([id, file]) => {
	expect(fileOf(id, { include: ['@acme/flows', 'plain'] })).toBe(resolve(file));
});

const left = [
	'/shop/src/a.css',
	'/shop/src/a.vue',
	'/shop/src/a.ts?raw',
	'/shop/src/a.ts?x&url',
	'/shop/src/ts',
	'/shop/node_modules/@acme/other/a.ts',
	'/shop/node_modules/@acme/flows/node_modules/other/a.ts',
	'/shop/node_modules/other/@acme/flows/a.ts',
	'C:\\shop\\node_modules\\other\\a.js',
	'\0/shop/node_modules/other/a.js?commonjs-proxy',
];

test.for(left)('%s is left alone', (id) => {
	expect(fileOf(id, { include: ['@acme/flows', 'plain'] })).toBe(null);
});

test('what may be the directive is never missed by the first look', () => {
	const texts = [
		"'use durable'",
		'"use durable as x"',
		"'Use  Durable'",
		"' use durabel'",
		"'use\tdurable'",
		"'usedurable'",
	];
	for (const text of texts) expect([text, DIRECTIVE_HINT.test(text)]).toEqual([text, mentionsDirective(text)]);
});
