// Generated requests against every operation of the contract: no answer above 499, none that the contract does not document, no
// hang, and the server lives on. CONTRACT_SEED and CONTRACT_RUNS repeat or deepen a run.
import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { after, before, test } from 'node:test';
import fc from 'fast-check';
import { formBody, headers, jsonBody, target, Values } from './arbitrary.mjs';
import { readContract } from './contract.mjs';
import { open, TOKEN } from './house.mjs';
import { exchange } from './traffic.mjs';

const SEED = Number(process.env.CONTRACT_SEED ?? 20261124);
const RUNS = Number(process.env.CONTRACT_RUNS ?? 500);
const LIMIT_MS = 5000;
const AT_ONCE = 100; // links of the last test

// By the names of path parameters; ids are both of packages and of plans.
const KNOWN = [{ pk: 'demo', dk: '8671', id: '1', vid: '1', name: 'app.js' }, { pk: 'spare', dk: '8672', id: '2', vid: '2', name: 'AAAAAAAAAAAAAAAAAAAAAA.bin' }];
const MEMBERS = { productKey: ['demo'], deviceKey: ['8671'], packageId: [1], timeZone: ['Asia/Shanghai', 'Europe/Berlin'], componentNo: ['STM32'], kind: ['plan,log'], what: ['created,changed', 'entry'], logKind: ['planIssued'], status: ['saved,failed'], step: ['start'], waitFor: ['ended', 'upgraded,failed', 'succeeded'] };

const contract = readContract();
const values = new Values(contract, MEMBERS);
let house;
before(async () => {
    console.log(`seed ${SEED}, ${RUNS} runs of each operation (CONTRACT_SEED, CONTRACT_RUNS)`);
    house = await open({ options: ['--ephemeral'] });
    for (const productKey of ['demo', 'spare']) {
        await house.rest('POST', '/products', { name: productKey, productKey }, 201);
        await house.rest('POST', `/products/${productKey}/devices`, { deviceKey: '8671' }, 201);
    }
    await house.package();
    await house.package({ name: 'Second' });
    await house.plan(1);
    await house.plan(2, { name: 'Second' });
});
after(() => house.close());

function bodyOf(operation) {
    const content = contract.resolve(operation.requestBody)?.content;
    if (content === undefined) {
        return fc.oneof({ weight: 3, arbitrary: fc.constant({}) }, { weight: 1, arbitrary: jsonBody(fc.constant({})) });
    }
    if (content['multipart/form-data'] !== undefined) {
        return formBody(values.of(content['multipart/form-data'].schema.properties.package)).map((made) => ({ ...made, type: 'multipart/form-data; boundary=edge' }));
    }
    const json = jsonBody(values.of(content['application/json'].schema)).map((made) => ({ ...made, type: 'application/json' }));
    return content['text/csv'] === undefined ? json : fc.oneof(json, fc.string({ unit: 'binary' }).map((body) => ({ body, type: 'text/csv' })), fc.array(fc.stringMatching(/^[A-Za-z0-9]{1,17}$/)).map((keys) => ({ body: keys.join('\n'), type: 'text/csv' })));
}

const requestOf = (operation) => fc.record({ path: target(operation, values, KNOWN), body: bodyOf(operation), sent: headers, own: fc.boolean() }).map(({ path, body: { body, type, valid }, sent, own }) => ({
    // (what a fixture holds is described by the calls that it stands for) mostly the right type, and nothing that a stranger's page would send
    method: operation.method.toUpperCase(), path, body, valid: valid && own && operation.id !== 'importState', headers: { ...sent, ...(own && type !== undefined ? { 'content-type': type } : {}), authorization: `Bearer ${TOKEN}` },
}));

async function judge(operation, { valid, ...call }) {
    const stream = operation.id === 'listenToEvents' ? { until: () => true } : {};
    const done = await exchange(house.http, { ...call, ...stream, timeout: LIMIT_MS });
    const { status, body } = done.response;
    const said = `${call.method} ${call.path} ${String(call.body).slice(0, 300)} -> ${status} ${body.toString().slice(0, 300)}`;
    assert.ok(status < 500, said);
    assert.deepEqual(contract.differences(done), [], said);
    if (status >= 400 && call.method !== 'HEAD') {
        assert.deepEqual(contract.problem(done), [], said);
        assert.equal(JSON.parse(body).status, status, said);
    }
    if (valid && status === 400 && call.method !== 'HEAD') { // the body's form is right: what is wrong stands elsewhere, or is a rule (422)
        assert.ok(JSON.parse(body).errors.every(({ pointer }) => pointer === '' || pointer.startsWith('/?')), said);
    }
}

async function lives() {
    assert.equal(house.child.exitCode, null, 'the server ended');
    assert.equal((await exchange(house.http, { path: '/readyz', timeout: LIMIT_MS })).response.status, 200);
}

// What takes things away comes last.
const takes = ({ method, id }) => method === 'delete' || /^(reset|import)/.test(id);
const ordered = [...contract.operations].sort((a, b) => takes(a) - takes(b));
for (const operation of ordered) {
    test(`${operation.method.toUpperCase()} ${operation.path}`, async () => {
        await fc.assert(fc.asyncProperty(requestOf(operation), (call) => judge(operation, call)), { seed: SEED, numRuns: RUNS, interruptAfterTimeLimit: 20_000, includeErrorInReport: true });
        await lives();
    });
}

// What is hardly HTTP ends within libmicrohttpd, with a short page of its own (400, 431, 505) or none; the link is not kept.
const NEARLY = ['GET / HTTP/1.1\r\n\r\n', 'GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: -1\r\n\r\n', 'GET /healthz HTTP/9.9\r\n\r\n', 'GET  HTTP/1.1\r\n\r\n', 'BREW /pot HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n', `GET /${'a'.repeat(70_000)} HTTP/1.1\r\n\r\n`,
    `GET / HTTP/1.1\r\n${'X: y\r\n'.repeat(20_000)}\r\n`, 'POST /api/v1/products HTTP/1.1\r\nHost: 127.0.0.1\r\nTransfer-Encoding: chunked\r\n\r\nZZ\r\n', 'POST /api/v1/products HTTP/1.1\r\nHost: 127.0.0.1\r\nTransfer-Encoding: gzip\r\nContent-Length: 3\r\n\r\nabc', 'GET http://stranger.example/ HTTP/1.1\r\nHost: stranger.example\r\n\r\n', 'GET / HTTP/1.0\r\n\r\n', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03'];

function speak(http, bytes) {
    const { hostname, port } = new URL(http);
    return new Promise((resolve, reject) => {
        let heard = '';
        const link = connect(Number(port), hostname, () => link.end(bytes));
        const clock = setTimeout(() => { link.destroy(); reject(new Error(`the link is still open after ${LIMIT_MS} ms`)); }, LIMIT_MS);
        const done = () => { clearTimeout(clock); link.destroy(); resolve(heard); };
        link.on('data', (part) => { heard += part.toString('latin1'); });
        link.on('end', done);
        link.on('error', done); // reset: it did not like it
    });
}

test('bytes that are hardly HTTP', async () => {
    const bytes = fc.oneof(fc.constantFrom(...NEARLY).map((line) => Buffer.from(line, 'latin1')), fc.uint8Array({ maxLength: 400 }).map((array) => Buffer.from(array)),
        fc.tuple(fc.constantFrom(...NEARLY), fc.nat(), fc.nat({ max: 255 })).map(([line, place, byte]) => { const copy = Buffer.from(line, 'latin1'); copy[place % copy.length] = byte; return copy; }));
    // libmicrohttpd sees the end of a link that came together with its last bytes only when the link's time is up
    const impatient = await open({ options: ['--ephemeral', '--http-idle', '1', '--slow-client', '1'] });
    try {
        await fc.assert(fc.asyncProperty(fc.array(bytes, { minLength: AT_ONCE, maxLength: AT_ONCE }), async (all) => {
            const heard = await Promise.all(all.map((sent) => speak(impatient.http, sent)));
            heard.forEach((answer, i) => {
                const status = Number(/^HTTP\/1\.[01] (\d{3}) /.exec(answer)?.[1] ?? 0);
                assert.ok(answer === '' || (status >= 200 && status < 500) || status === 505, `${JSON.stringify(all[i].toString('latin1').slice(0, 200))} -> ${answer.slice(0, 200)}`);
            });
        }), { seed: SEED, numRuns: Math.ceil(RUNS / AT_ONCE), includeErrorInReport: true });
        assert.equal((await exchange(impatient.http, { path: '/readyz', timeout: LIMIT_MS })).response.status, 200);
    } finally {
        await impatient.close();
    }
});
