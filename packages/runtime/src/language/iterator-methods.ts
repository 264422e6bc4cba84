import type { Callable } from '../registry/shared.ts';
import { iteratorNext } from './iterator.ts';
import { helperMethods, wrapperMethods } from './iterator-helper.ts';

/** Methods of ours that stand in the place of built-in ones, in the order by which they are saved. */
export const iteratorMethods: readonly Callable[] = [
	iteratorNext,
	helperMethods.next,
	helperMethods.return,
	wrapperMethods.next,
	wrapperMethods.return,
];
