/** What Vite is told beside the plugin: everything that has durable functions must come through it. */
import type { UserConfig } from 'vite';
import type { PerdureOptions } from './options.ts';

export function viteConfig({ include = [] }: PerdureOptions): UserConfig {
	return {
		// Pre-bundled dependencies do not pass through plugins. The runtime is left out for another reason: compiled
		// modules import it, the source does not, so Vite would find it late, bundle again and reload the page.
		optimizeDeps: { exclude: ['@perdure/runtime', ...include] },
		// Server code and Vitest load packages by Node, which would load these uncompiled.
		...(include.length > 0 && { ssr: { noExternal: [...include] } }),
	};
}
