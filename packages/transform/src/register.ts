/**
 * Compiles on the fly: `node --import @perdure/transform/register app.ts`. Modules are compiled as
 * they are loaded, by `import` and by `require`; a file without the directive is left to Node.
 */
import { registerHooks, setSourceMapsSupport } from 'node:module';
import { load } from './register/load.ts';

// Compiled modules carry their source map, so that stack traces show the user's lines.
setSourceMapsSupport(true, { nodeModules: true, generatedCode: false });
registerHooks({ load });
