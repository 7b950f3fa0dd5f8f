// schema/openapi.yaml against the rules of redocly.yaml.
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { CONTRACT, redocly } from './redocly.mjs';

test('the contract has no error and no warning', async () => {
    const { code, out, err } = await redocly('lint', CONTRACT, '--format', 'stylish');
    assert.equal(code, 0, out + err);
    assert.doesNotMatch(out + err, /warning/i);
});

test('a contract with an error does not pass', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'mockdc-lint-'));
    const broken = join(folder, 'openapi.yaml');
    writeFileSync(broken, readFileSync(CONTRACT, 'utf8').replace('operationId: listProducts', 'operationId: createProduct'));
    const { code, out } = await redocly('lint', broken, '--format', 'stylish');
    rmSync(folder, { recursive: true });
    assert.notEqual(code, 0);
    assert.match(out, /operation-operationId-unique/);
});
