/** `node --import` this to execute scripts on the packages' sources, as vitest.config.ts does for tests. */
import { registerHooks } from 'node:module';

const packages = new URL('../../packages/', import.meta.url);

registerHooks({
	resolve(specifier, context, next) {
		const match = /^@perdure\/([^/]+)(?:\/(.+))?$/.exec(specifier);
		if (match === null) return next(specifier, context);
		return {
			url: new URL(`${match[1]}/src/${match[2] ?? 'index'}.ts`, packages).href,
			shortCircuit: true,
			format: 'module-typescript',
		};
	},
});
