// schema/scenario.schema.json: it is what JSON Schema takes, every example is right by it, and the program reads files as it
// says, neither more nor less: generated mistakes are refused by both.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { Ajv2020 } from 'ajv/dist/2020.js';

const ROOT = new URL('../../', import.meta.url).pathname;
const PROGRAM = process.env.MOCKDC ?? join(ROOT, 'build/dev/mockdc');
const EXAMPLES = join(ROOT, 'fixtures/scenarios');
const schema = JSON.parse(readFileSync(join(ROOT, 'schema/scenario.schema.json'), 'utf8'));
const validate = new Ajv2020({ strict: true, allowUnionTypes: true, strictRequired: false }).compile(schema);
const examples = readdirSync(EXAMPLES).filter((name) => name.endsWith('.json')).map((name) => ({ name, value: JSON.parse(readFileSync(join(EXAMPLES, name), 'utf8')) }));

const folders = [];
after(() => folders.forEach((folder) => rmSync(folder, { recursive: true, force: true })));

// What the program says of documents: file name -> lines "pointer: text"; none of a file that it takes.
function read(documents) {
    const folder = mkdtempSync(join(tmpdir(), 'mockdc-schema-'));
    folders.push(folder);
    documents.forEach((document, index) => writeFileSync(join(folder, `${String(index).padStart(6, '0')}.json`), JSON.stringify(document)));
    const { status, stderr } = spawnSync(PROGRAM, ['run', '--list', folder], { encoding: 'utf8', maxBuffer: 1 << 28 });
    const said = documents.map(() => []);
    for (const [, index, text] of stderr.matchAll(/\/(\d{6})\.json: (.*)$/gm)) {
        said[Number(index)].push(text);
    }
    return { status, said };
}

test('every example is right', () => {
    assert.ok(examples.length >= 40);
    for (const { name, value } of examples) {
        assert.ok(validate(value), `${name}: ${JSON.stringify(validate.errors)}`);
    }
    assert.equal(read(examples.map(({ value }) => value)).status, 0);
});

test('examples of the schema are right by it', () => {
    for (const [name, part] of Object.entries(schema.$defs)) {
        const check = new Ajv2020({ strict: false }).compile({ ...schema, $id: `urn:test:${name}`, ...{ type: undefined, required: undefined, properties: undefined, additionalProperties: undefined }, $ref: `#/$defs/${name}` });
        for (const example of part.examples ?? []) {
            assert.ok(check(example), `${name}: ${JSON.stringify(example)} ${JSON.stringify(check.errors)}`);
        }
    }
});

const head = { name: 'n', expect: {} };
const WRONG = [
    ['no object', [], ''],
    ['no name', { expect: {} }, '/name'],
    ['no expectation', { name: 'n' }, '/expect'],
    ['an unknown member', { ...head, colour: 1 }, '/colour'],
    ['a wrong type', { ...head, tags: 'x' }, '/tags'],
    ['an empty list of steps', { ...head, steps: [] }, '/steps'],
    ['a step with two actions', { ...head, steps: [{ evaluate: {}, clearFaults: {} }] }, '/steps/0'],
    ['a step without one', { ...head, steps: [{}] }, '/steps/0'],
    ['an unknown action', { ...head, steps: [{ sleep: 1 }] }, '/steps/0/sleep'],
    ['an await of nothing', { ...head, steps: [{ await: { deviceKey: '867' } }] }, '/steps/0/await'],
    ['an await of two things', { ...head, steps: [{ await: { deviceKey: '867', online: true, status: 'failed' } }] }, '/steps/0/await/online'],
    ['a device that is neither', { ...head, devices: [{ deviceKey: '867' }] }, '/devices/0'],
    ['a device that is both', { ...head, devices: [{ deviceKey: '867', virtual: {}, real: true }] }, '/devices/0/real'],
    ['a device key with a dash', { ...head, devices: [{ deviceKey: '8-7', virtual: {} }] }, '/devices/0/deviceKey'],
    ['a misspelt option', { ...head, devices: [{ deviceKey: '867', virtual: { batery: 1 } }] }, '/devices/0/virtual/batery'],
    ['a battery of 300 %', { ...head, devices: [{ deviceKey: '867', virtual: { battery: 300 } }] }, '/devices/0/virtual/battery'],
    ['a power cut at 3', { ...head, devices: [{ deviceKey: '867', virtual: { powerCut: 3 } }] }, '/devices/0/virtual/powerCut'],
    ['an unknown point', { ...head, faults: [{ point: 'http', action: { type: 'cut', atByte: 1 } }] }, '/faults/0/point'],
    ['an action of another point', { ...head, faults: [{ point: 'ota.url', action: { type: 'cut', atByte: 1 } }] }, '/faults/0/action/type'],
    ['a missing member of an action', { ...head, faults: [{ point: 'http.firmware', action: { type: 'cut' } }] }, '/faults/0/action/atByte'],
    ['a share without percent', { ...head, faults: [{ point: 'http.firmware', action: { type: 'cut', atByte: '50' } }] }, '/faults/0/action/atByte'],
    ['half a product', { ...head, product: { productKey: 'p1' } }, '/product/productSecret'],
    ['a clock without a time', { ...head, clock: { mode: 'manual' } }, '/clock/now'],
    ['a file without a size', { ...head, packages: [{ name: 'p', componentType: 'mcu', targetVersion: '2', files: [{ name: 'f.bin' }] }] }, '/packages/0/files/0/size'],
    ['six files', { ...head, packages: [{ name: 'p', componentType: 'module', targetVersion: '2', files: Array(6).fill({ name: 'f.bin', size: 1 }) }] }, '/packages/0/files'],
    ['an expectation of nothing', { name: 'n', expect: { devices: { 867: {} } } }, '/expect/devices/867'],
    ['an unknown kind of log entry', { name: 'n', expect: { devices: { 867: { log: ['done'] } } } }, '/expect/devices/867/log/0'],
];

test('wrong files are refused by both, with the pointer', () => {
    const { status, said } = read(WRONG.map(([, document]) => document));
    assert.equal(status, 2);
    WRONG.forEach(([name, document, pointer], index) => {
        assert.ok(!validate(document), `${name}: taken by the schema`);
        assert.ok(said[index].some((line) => pointer === '' || line.startsWith(`${pointer}: `)), `${name}: ${JSON.stringify(said[index])}`);
    });
});

// Every place of a document, with each of these put there instead, and each member taken away or misspelt.
function* mistakes(document) {
    const places = [];
    const walk = (value, path) => {
        if (path.length > 0) {
            places.push(path);
        }
        if (value !== null && typeof value === 'object') {
            Object.keys(value).forEach((key) => walk(value[key], [...path, key]));
        }
    };
    walk(document, []);
    for (const path of places) {
        const changed = (change) => {
            const copy = structuredClone(document);
            change(path.slice(0, -1).reduce((at, key) => at[key], copy), path.at(-1));
            return copy;
        };
        yield changed((parent, key) => (Array.isArray(parent) ? parent.splice(Number(key), 1) : delete parent[key]));
        for (const value of [null, true, -1, 3000000000, '', 'no such thing', {}, []]) {
            yield changed((parent, key) => { parent[key] = value; });
        }
        yield changed((parent, key) => { if (!Array.isArray(parent)) { parent[`${key}x`] = parent[key]; delete parent[key]; } });
    }
}

// What the program refuses although the schema takes it: names that a schema cannot look up.
const RULE = /of this scenario is|is there already|several plans|no plan in this scenario|too few digits|is required in manual mode|needs a clock|faults are armed until|No such file|needs \/product/;

test('what is generated from the examples is read as the schema says', () => {
    const chosen = examples.filter(({ name }) => /^(http-cut|manual-later|push-period|two-components|connect-shut-out|fleet|verification|device-disorder|blacklist|url-other-component|link-delay|hundred-megabytes)\.json$/.test(name));
    assert.ok(chosen.length >= 12);
    const documents = chosen.flatMap(({ value }) => [...mistakes(value)]).filter((_, index) => index % 4 === 0);
    const { said } = read(documents);
    let refused = 0;
    documents.forEach((document, index) => {
        const valid = validate(document);
        const bySchema = said[index].filter((line) => !RULE.test(line));
        assert.equal(bySchema.length === 0, valid, `${JSON.stringify(document)}\n${JSON.stringify(said[index])}\n${JSON.stringify(validate.errors)}`);
        refused += valid ? 0 : 1;
    });
    assert.ok(refused > 1000 && refused < documents.length, `${refused} of ${documents.length}`);
});
