/** `plugins: [perdure()]` */

import { createWebpackPlugin } from 'unplugin';
import type { WebpackPluginInstance } from 'webpack';
import type { PerdureOptions } from './options.ts';
import { createPlugin } from './plugin.ts';

export type { PerdureOptions };

const perdure: (options?: PerdureOptions) => WebpackPluginInstance = createWebpackPlugin(createPlugin);

export { perdure as default, perdure as 'module.exports' };
