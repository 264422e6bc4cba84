/** What a user may say of the plugin. */
export interface PerdureOptions {
	/**
	 * Names of packages in `node_modules` that ship durable functions as they were written
	 * (`['@acme/flows']`). All other packages are left alone: what they ship has been built.
	 */
	readonly include?: readonly string[];
}
