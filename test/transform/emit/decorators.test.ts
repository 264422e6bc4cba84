/** Decorators around durable methods: evaluated and applied as written, and the methods stay durable. */

import * as runtime from '@perdure/runtime';
import { run } from '@perdure/runtime';
import * as internal from '@perdure/runtime/internal';
import { transform } from '@perdure/transform';
import ts from 'typescript';
import { expect, test } from 'vitest';
import { definitionOf } from '../../../packages/runtime/src/registry/functions.ts';

type Exports = Record<string, never> & { readonly lines: string[] };

function evaluate(source: string, experimental: boolean): Exports {
	const { outputText } = ts.transpileModule(source, {
		fileName: 'decorated.ts',
		compilerOptions: {
			module: ts.ModuleKind.CommonJS,
			target: ts.ScriptTarget.ES2022,
			experimentalDecorators: experimental,
			emitDecoratorMetadata: experimental,
		},
	});
	const modules: Record<string, unknown> = { '@perdure/runtime': runtime, '@perdure/runtime/internal': internal };
	const module = { exports: {} };
	new Function('module', 'exports', 'require', outputText)(module, module.exports, (name: string) => modules[name]);
	return module.exports as Exports;
}

function both(source: string, experimental: boolean): { plain: Exports; compiled: Exports } {
	const { code, diagnostics } = transform(source, { filename: 'src/decorated.ts' });
	expect(diagnostics).toEqual([]);
	return { plain: evaluate(source, experimental), compiled: evaluate(code, experimental) };
}

const HEAD = `
	export const lines: string[] = [];
	const note = (line: string) => (lines.push(line), line);
	const wait = async (x: number) => x;
`;

test('standard decorators are evaluated, applied and called in order', async () => {
	const { plain, compiled } = both(
		`${HEAD}
		const mark = (name: string) => {
			note('evaluate ' + name);
			return (value: any, context: any) => {
				note(['apply', name, context.kind, String(context.name), typeof value].join(' '));
				if (context.kind !== 'method') return undefined;
				return function (this: any, ...args: any[]) { note('call ' + name); return value.apply(this, args); };
			};
		};
		@mark('class')
		export class C {
			@mark('accessor') accessor size = 1;
			@mark('field') field = note('field');
			@mark('outer') @mark('inner') async run(x: number) { "use durable"; return (await wait(x)) + this.size; }
			@mark('static') static async make(x: number) { "use durable"; return await wait(x); }
			@mark('private') async #hidden(x: number) { "use durable"; return (await wait(x)) * 2; }
			hidden(x: number) { return this.#hidden(x); }
		}`,
		false,
	);
	for (const { C } of [plain, compiled] as unknown as { C: any }[]) {
		expect(await new C().run(1)).toBe(2);
		expect(await C.make(3)).toBe(3);
		expect(await new C().hidden(4)).toBe(8);
	}
	expect(compiled.lines).toEqual(plain.lines);
	expect(plain.lines).toContain('call outer');
});

test("TypeScript's older decorators too, of parameters as well, with their metadata", async () => {
	const { plain, compiled } = both(
		`${HEAD}
		(Reflect as any).metadata = (key: string, value: any) => (target: any, name?: string) =>
			void note(['metadata', key, name ?? '', [value].flat().map((v: any) => v?.name).join()].join(' '));
		const mark = (name: string): any => {
			note('evaluate ' + name);
			return (target: any, key: any, at: any) => void note(['apply', name, String(key), typeof at].join(' '));
		};
		@mark('class')
		export class C {
			constructor(@mark('dependency') readonly start: number) {}
			@mark('method') async run(@mark('x') x: number, @mark('pattern') { y = 1 }: { y?: number }): Promise<number> {
				"use durable";
				return (await wait(x)) + y + this.start;
			}
			@mark('other') other(@mark('rest') x: string) { return x; }
		}`,
		true,
	);
	for (const { C } of [plain, compiled] as unknown as { C: any }[]) {
		expect(await new C(10).run(1, {})).toBe(12);
	}
	expect(compiled.lines).toEqual(plain.lines);
	expect(plain.lines).toContain('apply x run number');
	delete (Reflect as { metadata?: unknown }).metadata;
});

test('a method that no decorator has replaced is durable', async () => {
	for (const experimental of [true, false]) {
		const { compiled } = both(
			`${HEAD}
			const seen: any = () => {};
			const replaced: any = (value: any, key: any, descriptor: any) =>
				descriptor ? { ...descriptor, value: (x: number) => x } : (x: number) => x;
			export class C {
				@seen static async run(x: number) { "use durable"; return (await wait(x)) + 1; }
				@replaced static async other(x: number) { "use durable"; return await wait(x); }
			}`,
			experimental,
		);
		const { C } = compiled as unknown as { C: { run(x: number): Promise<number>; other(x: number): number } };
		expect(await run(C.run, [1])).toMatchObject({ status: 'completed', value: 2 });
		expect(definitionOf(C.other)).toBeUndefined();
		expect(C.other(5)).toBe(5);
	}
});
