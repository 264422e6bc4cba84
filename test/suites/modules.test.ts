/** Suites that others wrote, each of their modules as one durable function, and all in it closures. */
import { compareSuites } from './compare.ts';

compareSuites('modules');
