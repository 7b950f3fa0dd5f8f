// A real server against schema/openapi.yaml: all that was said over HTTP in the story, the sweep and two short lives, recorded
// as HAR and judged by contract.mjs and by `redocly drift`.
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { readContract } from './contract.mjs';
import { open, TOKEN, until } from './house.mjs';
import { CONTRACT, redocly } from './redocly.mjs';
import * as story from './story.mjs';
import { sweep } from './sweep.mjs';
import { exchange, harOf } from './traffic.mjs';

const RECORDS = process.env.RECORDS ?? mkdtempSync(join(tmpdir(), 'mockdc-records-'));
after(() => process.env.RECORDS ?? rmSync(RECORDS, { recursive: true }));

// Documented and never seen here, and why.
const UNSEEN_PROBLEMS = {
    'urn:mockdc:problem:internal': 'a promise of our own code would have to break; no request can do that',
};
const UNSEEN_ANSWERS = {
    '.* 503': 'the door is busy or ends for all alike: it is asked of getPlan, listenToEvents and readyz below',
    'exportState 500': 'a stored file would have to vanish; app/ sees to it that none does',
    '(makeSnapshot|restoreSnapshot) 507': 'createPackage meets a full disk below',
    'importState 507': 'createPackage meets a full disk below, an import in tests/app/test_exchange.c',
    'metrics 500': 'the store would have to fail while it counts',
    '(getPlanReport|listPlanDevices|exportState) 413': 'an export of more than 512 MiB',
};

const contract = readContract();
const exchanges = [];

test('the story of a server', async () => {
    const house = await open();
    try {
        await story.products(house);
        await story.devices(house);
        const made = await story.packages(house);
        const plan = await story.plans(house, made);
        await story.upgrades(house, plan);
        await story.consent(house);
        await story.verifications(house);
        await story.faults(house);
        await story.events(house);
        await story.clocks(house);
        await story.firmware(house);
        await story.journal(house);
        await story.damage(house);
        await story.files(house, contract);
        await sweep(house, contract);
        await story.reset(house);
    } finally {
        exchanges.push(...house.calls);
        await house.close();
    }
});

test('a server with too many listeners is busy; one that ends says so', async () => {
    const house = await open({ options: ['--ephemeral'] });
    const listeners = [];
    try {
        for (let i = 0; i < 300; i++) {
            const call = request(house.http, { path: '/api/v1/events', headers: { authorization: `Bearer ${TOKEN}` } });
            listeners.push(call);
            call.on('error', () => undefined);
            call.end();
            await new Promise((resolve) => { call.on('response', resolve); });
        }
        assert.equal((await house.send({ path: '/api/v1/events' })).status, 503);
        await house.rest('POST', '/products', { name: 'Demo', productKey: 'demo' }, 201);
        const made = await house.package();
        const plan = await house.plan(made.id);
        const waits = house.send({ path: `/api/v1/plans/${plan.id}?waitFor=ended&timeout=60` });
        await until('it waits', async () => (await exchange(house.http, { path: '/healthz' })).response.status === 200);
        house.child.kill('SIGTERM');
        assert.equal((await waits).status, 503);
    } finally {
        listeners.forEach((call) => call.destroy());
        exchanges.push(...house.calls);
        await house.close();
    }
});

test('a server without its broker is not ready', async () => {
    const house = await open({ options: ['--ephemeral'] });
    try {
        const [broker] = readFileSync(`/proc/${house.child.pid}/task/${house.child.pid}/children`, 'utf8').trim().split(' ');
        process.kill(Number(broker), 'SIGKILL');
        await until('it says so', async () => (await house.send({ path: '/readyz' })).status === 503);
        await until('it is ready again', async () => (await house.send({ path: '/readyz' })).status === 200);
    } finally {
        exchanges.push(...house.calls);
        await house.close();
    }
});

test('a server without room says so', async () => {
    const house = await open({ fileLimit: 1024 });
    try {
        await house.rest('POST', '/products', { name: 'Demo', productKey: 'demo' }, 201);
        await house.package({}, 507, { size: 2 * 1024 * 1024 });
        await house.package({}, 201);
    } finally {
        exchanges.push(...house.calls);
        await house.close();
    }
});

const differences = (list) => [...new Set(list.flatMap((one) => contract.differences(one).map((line) => `${one.request.method} ${one.request.path} ${one.response.status}: ${line}`)))];

test('nothing differs from the contract', () => assert.deepEqual(differences(exchanges), []));

// The list of products as recorded, changed by `change`.
function changed(change) {
    const whole = exchanges.find(({ request: { method, url }, response: { status } }) => method === 'GET' && url.endsWith('/api/v1/products?limit=1&q=e') && status === 200);
    const one = { ...whole, response: { ...whole.response, headers: { ...whole.response.headers } } };
    const body = JSON.parse(one.response.body);
    change(body, one.response);
    one.response.body = Buffer.from(JSON.stringify(body));
    return one;
}

const CHANGES = {
    'a member that is not documented': (body) => { body.items[0].colour = 'red'; },
    'a member that is missing': (body) => { delete body.items[0].createdAt; },
    'another type': (body) => { body.items[0].name = 7; },
    'no instant': (body) => { body.items[0].createdAt = 'yesterday'; },
    'a status that is not documented': (body, response) => { response.status = 206; },
    'a header that is not documented': (body, response) => { response.headers['x-colour'] = 'red'; },
};

test('what differs is seen', () => {
    assert.deepEqual(differences([changed(() => undefined)]), []);
    Object.entries(CHANGES).forEach(([what, change]) => assert.equal(differences([changed(change)]).length, 1, what));
});

test('all schemas are closed', () => assert.deepEqual(contract.openSchemas(), []));

const seen = () => new Set(exchanges.map(({ request: { method, path }, response: { status } }) => `${contract.find(method, path).operation?.id} ${status}`));

test('every operation was exercised, and each of its documented answers', () => {
    const found = seen();
    const documented = contract.operations.flatMap((operation) => Object.keys(operation.responses).map((status) => `${operation.id} ${status}`));
    const excused = new RegExp(`^(${Object.keys(UNSEEN_ANSWERS).join('|')})$`);
    assert.deepEqual(documented.filter((answer) => !found.has(answer) && !excused.test(answer)), []);
    ['getPlan 503', 'listenToEvents 503', 'ready 503'].forEach((answer) => assert.ok(found.has(answer), answer));
});

test('every documented problem was seen', () => {
    const types = new Set(exchanges.filter(({ response }) => response.headers['content-type'] === 'application/problem+json' && response.body.length > 0).map(({ response }) => JSON.parse(response.body).type));
    const documented = contract.document.components.schemas.Problem.properties.type.enum;
    assert.deepEqual(documented.filter((type) => !types.has(type)), Object.keys(UNSEEN_PROBLEMS));
});

// What `redocly drift` says of the exchanges. It knows operations only: HEAD where GET is documented, OPTIONS, 404 and 405 are
// judged by contract.mjs alone. A request that the server refused is meant to differ.
async function drift(name, list) {
    mkdirSync(RECORDS, { recursive: true });
    const [har, report] = [join(RECORDS, `${name}.har`), join(RECORDS, `${name}.drift.json`)];
    const known = list.filter(({ request: { method, path } }) => contract.find(method, path).operation?.method === method.toLowerCase());
    writeFileSync(har, JSON.stringify(harOf(known)));
    const { code, out, err } = await redocly('drift', har, '--api', CONTRACT, '--traffic-format', 'har', '--format', 'json', '--output', report);
    assert.ok(code === 0 || code === 1, out + err);
    const { run, problems } = JSON.parse(readFileSync(report, 'utf8'));
    assert.equal(run.documentedExchanges, known.length);
    return problems.filter(({ target, status }) => target !== 'request' || status < 400);
}

test('redocly drift finds no difference', async () => assert.deepEqual(await drift('traffic', exchanges), []));

test('and would', async () => assert.notDeepEqual(await drift('changed', [changed(CHANGES['a member that is not documented'])]), []));
