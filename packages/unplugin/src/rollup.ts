/** `plugins: [perdure()]` */
import type { Plugin } from 'rollup';
import { createRollupPlugin } from 'unplugin';
import type { PerdureOptions } from './options.ts';
import { createPlugin } from './plugin.ts';

export type { PerdureOptions };

// One plugin goes in, one comes out; unplugin's types also know of lists.
const perdure = createRollupPlugin(createPlugin) as (options?: PerdureOptions) => Plugin;

export { perdure as default, perdure as 'module.exports' };
