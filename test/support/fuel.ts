/**
 * A program that is being made smaller may lose what ends it. Here every loop and every function of a
 * piece of JavaScript gets a call that throws once the fuel is used up, so that it ends all the same.
 */
import generatorModule from '@babel/generator';
import { parse } from '@babel/parser';
import * as t from '@babel/types';

const generate = generatorModule as unknown as (node: t.Node) => { code: string };

/** The name of the function that is called. */
export const BURN = '$burn';

export class Fuel {
	#left: number;

	constructor(steps: number) {
		this.#left = steps;
	}

	get isEmpty(): boolean {
		return this.#left < 0;
	}

	readonly burn = (): void => {
		if (--this.#left < 0) throw new Error('out of fuel');
	};
}

export function addFuel(code: string): string {
	const file = parse(code, { sourceType: 'script', allowReturnOutsideFunction: true });
	t.traverseFast(file, (node) => {
		if (t.isLoop(node)) node.body = t.blockStatement([burn(), node.body]);
		else if (t.isFunction(node) && t.isBlockStatement(node.body)) node.body.body.unshift(burn());
	});
	return generate(file).code;
}

function burn(): t.Statement {
	return t.expressionStatement(t.callExpression(t.identifier(BURN), []));
}
