/** Suites that others wrote, with the directive in every async function that may have it. */
import { compareSuites } from './compare.ts';

compareSuites('functions');
