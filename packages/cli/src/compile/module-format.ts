/** Is an emitted file an ES module or CommonJS? By its extension, its syntax, or else its package, as Node decides. */
import { readFileSync } from 'node:fs';
import { dirname, extname, join } from 'node:path';
import { sourceTypeOf } from '@perdure/transform';

export function moduleFormat(file: string, text: string): 'module' | 'commonjs' {
	const extension = extname(file);
	if (extension === '.mjs') return 'module';
	if (extension === '.cjs') return 'commonjs';
	return sourceTypeOf(text, file, null) === 'module' || packageType(dirname(file)) === 'module' ? 'module' : 'commonjs';
}

/** What the nearest package.json says. */
function packageType(directory: string): unknown {
	try {
		return (JSON.parse(readFileSync(join(directory, 'package.json'), 'utf8')) as { type?: unknown }).type;
	} catch {
		const above = dirname(directory);
		return above === directory ? undefined : packageType(above);
	}
}
