/** Imported first: says which Node is needed before anything fails for want of it. */
const [major, minor] = process.versions.node.split('.').map(Number) as [number, number];

if (major < 22 || (major === 22 && minor < 18)) {
	process.stderr.write(`perdure needs Node 22.18 or later; this is ${process.version}.\n`);
	process.exit(2);
}
