// A loader of webpack that strips types and prints JSX, as esbuild-loader and swc-loader do.
const { transform } = require('esbuild');

module.exports = async function typesOff(source, inputMap) {
	const done = this.async();
	try {
		const loader = this.resourcePath.endsWith('x') ? 'tsx' : 'ts';
		const inline = inputMap
			? `\n//# sourceMappingURL=data:application/json;base64,${Buffer.from(JSON.stringify(inputMap)).toString('base64')}`
			: '';
		const { code, map } = await transform(source + inline, { loader, sourcemap: true, sourcefile: this.resourcePath });
		done(null, code, JSON.parse(map));
	} catch (error) {
		done(error);
	}
};
