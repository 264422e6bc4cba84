/**
 * Imports one program compiled in several ways: `import('./programs/x.ts?as=regenerator')`. What the
 * program itself imports is shared by all of them.
 */
import { readFileSync } from 'node:fs';
import { registerHooks } from 'node:module';
import { fileURLToPath } from 'node:url';
import { type PluginObject, transformSync } from '@babel/core';
import asyncToGenerator from '@babel/plugin-transform-async-to-generator';
import regenerator from '@babel/plugin-transform-regenerator';
import typescript from '@babel/preset-typescript';
import { transform } from '@perdure/transform';

export type Way = 'native' | 'perdure' | 'regenerator';

/** JavaScript without types, otherwise as written. */
export function strip(source: string, filename: string): string {
	return babel(source, filename, [], [typescript]);
}

/** Lowers every async function to a state machine of Babel's. */
export function regenerate(source: string, filename: string): string {
	return babel(source, filename, [asyncToGenerator, regenerator]);
}

/** @throws Error naming what does not compile. */
export function compile(source: string, filename: string): string {
	const { code, diagnostics } = transform(source, { filename });
	const error = diagnostics.find(({ severity }) => severity === 'error');
	if (error) throw new Error(`${filename}:${error.line}: ${error.code} ${error.message}`);
	return code;
}

/** Prints without comments, white space and the helpers that Babel puts into each file, so that sizes compare. */
export function compact(code: string): string {
	const plugins = [withoutHelpers];
	const options = { plugins, compact: true, comments: false, minified: true, configFile: false, babelrc: false };
	return transformSync(code, options as Parameters<typeof transformSync>[1])!.code!;
}

export function load<T>(program: string, way: Way): Promise<T> {
	return import(new URL(`./programs/${program}.ts?as=${way}`, import.meta.url).href);
}

function babel(
	source: string,
	filename: string,
	plugins: readonly unknown[],
	presets: readonly unknown[] = [],
): string {
	const options = { filename, plugins, presets, compact: false, configFile: false, babelrc: false };
	return transformSync(source, options as Parameters<typeof transformSync>[1])!.code!;
}

/** A bundle would have them once, as it has our runtime once. */
function withoutHelpers(): PluginObject {
	return {
		visitor: {
			FunctionDeclaration(path) {
				if (/^(_regenerator|_asyncToGenerator|asyncGeneratorStep)/.test(path.node.id?.name ?? '')) path.remove();
			},
		},
	};
}

registerHooks({
	load(url, context, next) {
		const way = new URL(url).searchParams.get('as') as Way | null;
		if (way === null) return next(url, context);
		const filename = fileURLToPath(url.replace(/\?.*/, ''));
		const text = strip(readFileSync(filename, 'utf8'), filename);
		const source =
			way === 'perdure' ? compile(text, filename) : way === 'regenerator' ? regenerate(text, filename) : text;
		return { format: 'module', source, shortCircuit: true };
	},
});
