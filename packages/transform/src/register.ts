/**
 * Compiles on the fly: `node --import @perdure/transform/register app.ts`. Modules are compiled as
 * they are loaded, by `import` and by `require`; a file without the directive is left to Node.
 */
import './register/node-version.ts';
import nodeModule from 'node:module';
import { load } from './register/load.ts';

// Compiled modules carry their source map, so that stack traces show the user's lines.
nodeModule.setSourceMapsSupport(true, { nodeModules: true, generatedCode: false });
nodeModule.registerHooks({ load });
