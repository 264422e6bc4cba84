/** `plugins: [perdure()]` */
import type { RspackPluginInstance } from '@rspack/core';
import { createRspackPlugin } from 'unplugin';
import type { PerdureOptions } from './options.ts';
import { createPlugin } from './plugin.ts';

export type { PerdureOptions };

const perdure: (options?: PerdureOptions) => RspackPluginInstance = createRspackPlugin(createPlugin);

export { perdure as default, perdure as 'module.exports' };
