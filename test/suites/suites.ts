/** The suites: packages of npm that ship their own tests. Versions are those of package.json, pinned. */

export interface Suite {
	readonly package: string;
	/** Files that are compiled, from the package's folder: its sources and its tests. */
	readonly files: readonly string[];
	/** Files of these that are run as tests. */
	readonly tests: readonly string[];
	/** Tests that show the source text of a function, which is the compiled one. */
	readonly impossible?: readonly string[];
	/** A test of ours that hands an implementation to a suite made for implementers. */
	readonly entry?: string;
}

/** Tests that wait for real seconds, ask for a server, or look at a browser are left out. */
export const SUITES: readonly Suite[] = [
	{
		package: 'abstract-level',
		files: ['*.js', 'lib/*.js', 'test/**/*.js'],
		tests: ['test/self.js'],
	},
	{
		package: 'memory-level',
		files: ['*.js', 'lib/*.js'],
		tests: ['entry.test.js'],
		entry: `const { MemoryLevel } = require('memory-level');
require('abstract-level/test')({ test: require('tape'), factory: (options) => new MemoryLevel(options) });
`,
	},
	{
		package: 'aedes-persistence',
		files: ['*.js', 'test/*.js'],
		tests: ['test/*.js'],
	},
	{
		package: 'async-cache-dedupe',
		files: ['index.js', 'src/**/*.js', 'test/*.js'],
		tests: ['test/{cache,clear,stale,storage-base,storage-custom,storage-memory,ttl,util}.test.js'],
	},
	{
		package: 'avvio',
		files: ['*.js', 'lib/*.js', 'test/**/*.js'],
		tests: ['test/**/!(plugin-timeout*|on-ready-timeout*).test.js'],
		impossible: [
			'plugins get a name from the function source if theres no other option',
			'getPluginName of arrow function without name',
		],
	},
	{
		package: 'fastq',
		files: ['queue.js', 'test/*.js'],
		tests: ['test/*.js'],
	},
	{
		package: 'hwp',
		files: ['index.js', 'test/*.js'],
		tests: ['test/*.js'],
	},
	{
		package: 'mqemitter',
		files: ['*.js', 'test/*.js'],
		tests: ['test/*.js'],
	},
];
