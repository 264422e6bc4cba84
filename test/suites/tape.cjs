/**
 * As much of the test harness `tape` as the suites use, by node:test: each `test` is one of its tests.
 * tape itself is a hundred packages.
 */
'use strict';
const assert = require('node:assert/strict');
const { isDeepStrictEqual } = require('node:util');
const nodeTest = require('node:test');

class Test {
	constructor() {
		this.planned = null;
		this.count = 0;
		this.subtests = [];
		this.teardowns = [];
		this.failure = null;
		this.ended = new Promise((resolve) => (this.finish = resolve));
	}

	plan(count) {
		this.planned = (this.planned ?? 0) + count;
		this.#check();
	}

	end(error) {
		if (error) this.#count(false, String(error));
		this.isOver = true;
		this.finish();
	}

	test(name, options, fn = options) {
		this.subtests.push([name, fn]);
		if (this.planned !== null) this.#count(true);
	}

	teardown(fn) {
		this.teardowns.push(fn);
	}

	comment() {}
	pass() {
		this.#count(true);
	}
	fail(message) {
		this.#count(false, message ?? 'fail');
	}
	ok(value, message) {
		this.#count(!!value, message ?? 'not ok');
	}
	notOk(value, message) {
		this.#count(!value, message ?? 'ok');
	}
	error(value, message) {
		this.#count(!value, message ?? String(value?.stack ?? value));
	}
	is(actual, expected, message) {
		this.#count(Object.is(actual, expected), message, actual, expected);
	}
	isNot(actual, expected, message) {
		this.#count(!Object.is(actual, expected), message, actual, expected);
	}
	same(actual, expected, message) {
		this.#count(isDeepStrictEqual(withoutSymbols(actual), withoutSymbols(expected)), message, actual, expected);
	}
	match(text, pattern, message) {
		this.#count(pattern.test(text), message, text, pattern);
	}
	throws(fn, expected, message) {
		try {
			assert.throws(fn, ...(expected === undefined ? [] : [expected]));
			this.#count(true);
		} catch (error) {
			this.#count(false, `${message ?? 'throws'}: ${error.message}`);
		}
	}
	doesNotThrow(fn, message) {
		try {
			fn();
			this.#count(true);
		} catch (error) {
			this.#count(false, `${message ?? 'does not throw'}: ${error.message}`);
		}
	}

	#count(ok, message, ...values) {
		this.count++;
		if (!ok)
			this.failure ??= new assert.AssertionError({ message, actual: values[0], expected: values[1], operator: 'is' });
		if (this.isOver) this.failure ??= new Error(`an assertion after the end: ${message}`);
		this.#check();
	}

	/** With a plan the test is over as soon as it is met. */
	#check() {
		if (this.planned !== null && this.count >= this.planned) this.finish();
	}

	async run(fn) {
		// Not awaited at once: a callback that takes no promise says `end` itself.
		const returned = fn(this);
		if (typeof returned?.then === 'function') {
			await returned;
			if (this.planned !== null && this.count < this.planned)
				await Promise.race([this.ended, new Promise((r) => setTimeout(r, 100))]);
		} else await this.ended;
		for (const [name, sub] of this.subtests) await runTest(name, sub);
		for (const teardown of this.teardowns) await teardown();
		if (this.failure) throw this.failure;
		if (this.planned !== null && this.count !== this.planned)
			throw new Error(`${this.planned} assertions planned, ${this.count} made`);
		return this.count;
	}
}

/** tape's comparison does not look at symbols. */
function withoutSymbols(value) {
	if (Object.prototype.toString.call(value) !== '[object Object]') return value;
	return Object.setPrototypeOf({ ...Object.fromEntries(Object.entries(value)) }, Object.getPrototypeOf(value));
}

/** One after the other, as tape does: a test begins when the former has ended. */
let last = Promise.resolve();
function test(name, options, fn = options) {
	if (test.onlyOne) return;
	const run = () => runTest(name, fn);
	last = last.then(run, run);
}

async function runTest(name, fn) {
	await nodeTest(name, { timeout: 5000 }, () => new Test().run(fn));
}

test.skip = () => {};
test.only = test;
test.test = test;
for (const [alias, name] of [
	['equal', 'is'],
	['equals', 'is'],
	['strictEqual', 'is'],
	['not', 'isNot'],
	['notEqual', 'isNot'],
	['deepEqual', 'same'],
	['ifError', 'error'],
	['notok', 'notOk'],
]) {
	Test.prototype[alias] = Test.prototype[name];
}
module.exports = test;
