#!/usr/bin/env node
import './node-version.ts';
import module from 'node:module';

// A third of a short command is compiling what it imports: Node keeps that for the next one.
module.enableCompileCache();
const { main } = await import('./main.ts');

process.exitCode = main(process.argv.slice(2), {
	stdout: (text) => process.stdout.write(text),
	stderr: (text) => process.stderr.write(text),
	terminal: process.stdout.isTTY === true,
	// `NO_COLOR` and `FORCE_COLOR` are looked at there; without a terminal only the latter counts.
	color: process.stdout.isTTY ? process.stdout.hasColors() : Boolean(process.env['FORCE_COLOR']),
});
