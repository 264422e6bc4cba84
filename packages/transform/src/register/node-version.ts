/**
 * Imported first, so that an older Node says what is wrong. It could not even link a module that names
 * one of the newer exports of `node:module`: the others take these from its default export.
 */
import nodeModule from 'node:module';

if (nodeModule.registerHooks === undefined || nodeModule.stripTypeScriptTypes === undefined) {
	throw new Error(`@perdure/transform/register needs Node 22.18 or later; this is ${process.version}.`);
}
