// What clients and devices do with one server, so that each operation succeeds and fails in each way that it documents.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { exchange } from './traffic.mjs';
import { TOKEN, until } from './house.mjs';

const bearer = { authorization: `Bearer ${TOKEN}` };
const CSV = { 'content-type': 'text/csv' };

export async function products(house) {
    const made = { name: 'Demo', productKey: 'demo', productSecret: 'demosecret' };
    const once = { headers: { 'idempotency-key': 'one' } };
    await house.rest('POST', '/products', made, 201, once);
    await house.rest('POST', '/products', made, 201, once);
    await house.rest('POST', '/products', { name: 'Another' }, 422, once);
    await house.rest('POST', '/products', made, 409);
    await house.rest('POST', '/products', { name: '' }, 422);
    await house.rest('POST', '/products', { nmae: 1 }, 400);
    await house.rest('POST', '/products', { name: 'Generated keys' }, 201);
    await house.rest('POST', '/products', { name: 'Nulls are absent', productKey: null, productSecret: null }, 201);
    await house.rest('POST', '/products', { name: 'Gone soon', productKey: 'gone' }, 201);
    await house.rest('DELETE', '/products/gone', undefined, 204);
    await house.rest('GET', '/products/demo', undefined, 200);
    const { nextCursor } = await house.rest('GET', '/products?limit=1&q=e', undefined, 200);
    await house.rest('GET', `/products?limit=1&cursor=${nextCursor}`, undefined, 200);
    await house.rest('GET', '/products?limit=0', undefined, 400);
    for (const productKey of ['manual', 'verify', 'stored', 'clocks', 'slow']) {
        await house.rest('POST', '/products', { name: productKey, productKey, productSecret: `${productKey}secret` }, 201);
    }
}

export async function devices(house) {
    const at = '/products/demo/devices';
    await house.rest('POST', at, { deviceKey: '8671', deviceSecret: null }, 201);
    await house.rest('POST', at, { deviceKey: '8671' }, 409);
    await house.rest('POST', at, { deviceKey: 'not a key' }, 422);
    await house.rest('POST', at, { deviceKey: '8699', deviceSecret: 'secret' }, 201);
    await house.rest('GET', `${at}?online=false&q=86&limit=1`, undefined, 200);
    await house.rest('GET', `${at}?online=perhaps`, undefined, 400);
    await house.rest('GET', `${at}/8671`, undefined, 200);
    await house.rest('PUT', `${at}/8671/enabled`, { enabled: false }, 200);
    await house.rest('PUT', `${at}/8671/enabled`, { enabled: true }, 200);
    await house.rest('PUT', `${at}/8671/enabled`, { enabled: 'yes' }, 400);
    await house.rest('PUT', `${at}/8671/enabled`, {}, 422);
    await house.rest('POST', `${at}/8671/disconnect`, undefined, 204);
    await house.rest('DELETE', `${at}/8699`, undefined, 204);
}

export async function packages(house) {
    const made = await house.package();
    await house.package({}, 409);
    await house.package({ name: 'Empty' }, 422, { size: 0 });
    await house.package({ name: 'Executable' }, 422, { file: 'motor.exe' });
    await house.package({ name: 'Too much', colour: 'red' }, 400);
    await house.package({ name: 'Delta', packageType: 'delta', sourceVersions: ['1_0_0'], remarks: 'from 1_0_0' }, 201, { headers: { 'idempotency-key': 'delta' } });
    const other = await house.package({ name: 'Nobody wants it' });
    await house.rest('GET', '/packages?q=Motor&productKey=demo&limit=5', undefined, 200);
    await house.rest('GET', '/packages?productKey=demo&limit=1', undefined, 200);
    await house.rest('GET', `/packages/${made.id}`, undefined, 200);
    assert.equal((await house.rest('POST', `/packages/${made.id}/check`, undefined, 200)).intact, true);
    await house.rest('DELETE', `/packages/${other.id}`, undefined, 204);
    return made;
}

export async function plans(house, made) {
    const plan = await house.plan(made.id, { pushPeriod: { start: '22:00', end: '06:00' }, plannedTime: { start: '2027-03-01T09:00' }, strategy: { retries: 2 }, upgradeText: { zh: '新版本', en: 'New', de: 'Neu' } });
    const at = `/plans/${plan.id}`;
    await house.plan(made.id, {}, 409);
    await house.plan(made.id, { name: 'Nowhere', timeZone: 'Mars/Olympus' }, 422);
    await house.plan(made.id, { name: 'Odd', components: 'none' }, 400);
    await house.rest('DELETE', `/packages/${made.id}`, undefined, 409);
    const { id, status, whitelistCount, blacklistCount, createdAt, activatedAt, startedAt, endedAt, ...input } = plan;
    const nulls = { pushPeriod: null, plannedTime: null, strategy: null, upgradeText: null, whitelist: null, blacklist: null };
    await house.rest('PUT', at, { ...input, ...nulls }, 200);
    await house.rest('PUT', at, { ...input, ...nulls, name: '' }, 422);
    await house.rest('PUT', at, { ...input, ...nulls, strategy: { retries: 0 } }, 200);
    for (const list of ['whitelist', 'blacklist']) {
        await house.rest('PUT', `${at}/${list}`, list === 'whitelist' ? ['8671', '8672'] : ['8690'], 204);
        await house.rest('PUT', `${at}/${list}`, ['not a key'], 422);
        await house.rest('PUT', `${at}/${list}`, {}, 400);
        await house.rest('GET', `${at}/${list}?limit=1&q=86`, undefined, 200);
    }
    await house.rest('PUT', `${at}/blacklist`, 'deviceKey\n8691\n', 204, { headers: CSV });
    await house.rest('PUT', `${at}/whitelist`, '8671\n8672\n', 204, { headers: CSV });
    await house.rest('POST', `${at}/suspend`, undefined, 409);
    await house.rest('POST', `${at}/activate`, undefined, 200);
    for (const [method, path, body] of [['POST', '/activate'], ['POST', '/resume'], ['PUT', '', { ...input, ...nulls }], ['DELETE', ''], ['PUT', '/whitelist', ['8671']], ['PUT', '/blacklist', ['8671']]]) {
        await house.rest(method, at + path, body, 409);
    }
    await house.rest('POST', `${at}/suspend`, undefined, 200);
    await house.rest('POST', `${at}/resume`, undefined, 200);
    const spare = await house.plan(made.id, { name: 'Spare' });
    await house.rest('DELETE', `/plans/${spare.id}`, undefined, 204);
    return plan;
}

// Devices upgrade; everybody who waits is told.
export async function upgrades(house, plan) {
    const at = `/plans/${plan.id}`;
    const waits = house.rest('GET', `${at}/devices/8671?waitFor=upgraded,failed&timeout=20`, undefined, 200);
    house.device('demo', '8671');
    house.device('demo', '8672', '--flash', 'fail');
    assert.equal((await waits).status, 'upgraded');
    await house.rest('GET', `${at}/devices/8690?waitFor=upgraded&timeout=0.05`, undefined, 404);
    await house.rest('GET', `${at}/devices/8672?waitFor=nonUpgraded&timeout=0.05`, undefined, 409);
    await house.rest('GET', `${at}/devices/8672?waitFor=failed&timeout=20`, undefined, 200);
    await house.rest('GET', `${at}?waitFor=ended&timeout=20`, undefined, 200);
    await house.rest('GET', `${at}?waitFor=saved&timeout=0.05`, undefined, 409);
    await house.rest('GET', '/plans?status=ended&productKey=demo&q=Roll&limit=1', undefined, 200);
    await house.rest('GET', `${at}/statistics`, undefined, 200);
    await house.rest('GET', `${at}/report.xml`, undefined, 200);
    await house.rest('GET', `${at}/devices?status=upgraded&q=86&limit=1`, undefined, 200);
    await house.rest('GET', `${at}/devices?format=csv`, undefined, 200);
    await house.rest('GET', `${at}/devices`, undefined, 200, { headers: { accept: 'text/csv' } });
    await house.rest('GET', `${at}/devices/8671`, undefined, 200);
    await house.rest('GET', `${at}/devices/8671/eligibility`, undefined, 200);
    await house.rest('GET', `${at}/devices/8671/logs?limit=3`, undefined, 200);
    await house.rest('GET', `${at}/devices/8671/logs`, undefined, 200);
    await house.rest('GET', '/products/demo/devices?online=true', undefined, 200);
    await house.rest('POST', `${at}/terminate`, undefined, 409);
    const spare = await house.plan(plan.components[0].packageId, { name: 'Terminated' });
    await house.rest('POST', `/plans/${spare.id}/activate`, undefined, 200);
    await house.rest('POST', `/plans/${spare.id}/terminate`, undefined, 200);
}

export async function consent(house) {
    const made = await house.package({ productKey: 'manual' });
    const plan = await house.plan(made.id, { productKey: 'manual', mode: 'manual', upgradeText: { zh: '新版本', en: 'New' } });
    await house.rest('POST', `/plans/${plan.id}/activate`, undefined, 200);
    for (const [key, verb] of [['8673', 'confirm'], ['8674', 'decline']]) {
        const at = `/products/manual/devices/${key}/upgrade`;
        house.device('manual', key);
        await house.online('manual', key);
        await until('it waits', async () => (await exchange(house.http, { path: `/api/v1${at}`, headers: bearer })).response.status === 200);
        await house.rest('GET', `${at}?language=zh`, undefined, 200);
        await house.rest('GET', at, undefined, 200, { headers: { 'accept-language': 'de, en;q=0.5' } });
        if (verb === 'confirm') {
            await house.rest('POST', `${at}/confirm`, { from: 'tomorrow' }, 422);
            await house.rest('POST', `${at}/confirm`, { from: 1 }, 400);
            await house.rest('POST', `${at}/confirm`, { from: '2027-03-01T22:00', to: null }, 204);
        }
        await house.rest('POST', `${at}/${verb}`, undefined, 204);
        await house.rest('GET', `/plans/${plan.id}/devices/${key}?waitFor=upgraded,failed&timeout=20`, undefined, 200);
        await house.rest('POST', `${at}/confirm`, undefined, 409);
        await house.rest('POST', `${at}/decline`, undefined, 409);
        await house.rest('GET', at, undefined, 404);
    }
}

export async function verifications(house) {
    const made = await house.package({ productKey: 'verify' });
    const at = `/packages/${made.id}/verifications`;
    const wish = { productKey: 'verify', deviceKey: '8675', componentNo: 'STM32' };
    await house.rest('POST', '/products/verify/devices', { deviceKey: '8675' }, 201);
    await house.rest('POST', at, wish, 409);
    await house.rest('POST', at, { ...wish, deviceKey: 'unknown' }, 422);
    await house.rest('POST', at, { ...wish, deviceKey: 5 }, 400);
    house.device('verify', '8675', '--power-cut', '5');
    await house.online('verify', '8675');
    const { id } = await house.rest('POST', at, wish, 201, { headers: { 'idempotency-key': 'v' } });
    await house.rest('GET', `${at}/${id}?waitFor=failed&timeout=0.05`, undefined, 409);
    await house.rest('GET', `${at}/${id}?waitFor=nothing`, undefined, 400);
    await house.rest('GET', `${at}/${id}?waitFor=succeeded,failed&timeout=20`, undefined, 200);
    await house.rest('GET', `${at}?limit=1`, undefined, 200);
    await house.rest('GET', `${at}/${id}`, undefined, 200);
}

// While the clock at `at` is advanced by years, which takes a tenth of a second or (where devices are connected) more, it
// takes no other order. Ticks do not fire twice, so each try goes on from where the one before came.
function refusedMeanwhile(house, at, method, path, body) {
    return until(`${method} ${at}${path} met an advance`, async () => {
        const long = house.rest('POST', `${at}/advance`, { seconds: (at === '/clock' ? 1 : 9) * 366 * 86400 }, 200);
        await sleep(10);
        const { status } = await house.send({ method, path: `/api/v1${at}${path}`, body });
        await long;
        return status === 409;
    });
}

export async function clocks(house) {
    await house.rest('POST', '/evaluations', {}, 200);
    await house.rest('POST', '/evaluations', undefined, 200);
    await house.rest('POST', '/evaluations', { productKey: 'demo' }, 200);
    await house.rest('POST', '/evaluations', { productKey: null }, 200);
    await house.rest('POST', '/evaluations', { productKey: 'unknown' }, 422);
    await house.rest('POST', '/evaluations', { productKey: 7 }, 400);
    const made = await house.package({ productKey: 'clocks' });
    const plan = await house.plan(made.id, { productKey: 'clocks', plannedTime: { start: '2027-03-01T09:00', end: '2027-03-03T09:00' }, pushPeriod: { start: '22:00', end: '06:00' } });
    await house.rest('POST', `/plans/${plan.id}/activate`, undefined, 200);
    for (const productKey of ['clocks', 'verify']) { // windows every day: an advance of years has something to do
        const open = await house.package({ productKey, name: 'Daily' });
        const daily = await house.plan(open.id, { productKey, name: 'Daily', pushPeriod: { start: '22:00', end: '06:00' } });
        await house.rest('POST', `/plans/${daily.id}/activate`, undefined, 200);
    }
    for (const at of ['/products/clocks/clock', '/clock']) {
        await house.rest('GET', at, undefined, 200);
        await house.rest('PUT', at, { mode: 'manual', now: '2027-02-28T13:55:00Z' }, 200);
        await house.rest('PUT', at, { mode: 'offset', now: null }, 200);
        await house.rest('PUT', at, { mode: 'real', now: '2027-03-01T13:55:00Z' }, 422);
        await house.rest('PUT', at, { mode: 'backwards' }, 422);
        await house.rest('PUT', at, { mode: 1 }, 400);
        await house.rest('POST', `${at}/advance`, { seconds: 600 }, 200);
        await house.rest('POST', `${at}/advance`, { to: '2027-03-05T00:00:00+08:00' }, 200);
        await house.rest('POST', `${at}/advance`, { to: '1999-01-01T00:00:00Z' }, 422);
        await house.rest('POST', `${at}/advance`, { seconds: '600' }, 400);
        await refusedMeanwhile(house, at, 'POST', '/advance', { seconds: 1 });
        await refusedMeanwhile(house, at, 'PUT', '', { mode: 'offset' });
    }
    await refusedMeanwhile(house, '/products/clocks/clock', 'DELETE', '');
    await house.rest('DELETE', '/products/clocks/clock', undefined, 204);
    await house.rest('PUT', '/clock', { mode: 'real' }, 200);
}

// Listens until `text` came.
const listen = (house, query, text, headers = {}) => house.send({ path: `/api/v1/events${query}`, until: (seen) => seen.includes(text), headers });

export async function faults(house) {
    const cut = { point: 'http.firmware', action: { type: 'cut', atByte: '50%' }, match: { productKey: 'demo' }, trigger: { times: 1 } };
    const made = await house.rest('POST', '/faults', cut, 201);
    for (const fault of [
        { point: 'mqtt.connect', action: { type: 'refuse', code: 5 }, match: { deviceKey: 'nobody' } },
        { point: 'mqtt.link', action: { type: 'blackhole', seconds: 1.5 }, match: { deviceKey: 'nobody', attempt: 2 } },
        { point: 'mqtt.link', action: { type: 'cut', afterFrames: 3 }, match: { deviceKey: 'nobody' }, trigger: { skip: 1, everyNth: 2, probability: 0.5, seed: 7 } },
        { point: 'ota.notify', action: { type: 'set', field: 'batteryLimit', value: 101 }, match: { deviceKey: 'nobody' } },
        { point: 'ota.url', action: { type: 'omit', field: 'crc' }, match: { deviceKey: 'nobody', componentNo: 'STM32' } },
        { point: 'http.firmware', action: { type: 'status', code: 503, retryAfter: 5, location: '/x' }, match: { deviceKey: 'nobody' } },
        { point: 'plan', action: { type: 'suspend', atStep: 'downloading' }, match: { deviceKey: 'nobody' } },
        { point: 'http.firmware', action: { type: 'reset', afterBytes: 512 }, match: { deviceKey: 'nobody' } },
    ]) {
        await house.rest('POST', '/faults', fault, 201);
    }
    await house.rest('POST', '/faults', { point: 'plan', action: { type: 'suspend', atStep: 'never' } }, 422);
    await house.rest('POST', '/faults', { ...cut, colour: 'red' }, 400);
    await house.rest('POST', '/faults', { ...cut, action: { type: 'cut', atByte: 1, k: 1 } }, 422);
    await house.rest('POST', '/faults', { ...cut, match: { productKey: 'nothere' } }, 422);
    await house.rest('POST', '/faults', { ...cut, action: { type: 'refuseSecret' } }, 422);
    const { nextCursor } = await house.rest('GET', '/faults?limit=1', undefined, 200);
    await house.rest('GET', `/faults?limit=1000&cursor=${nextCursor}`, undefined, 200);
    await house.rest('GET', '/faults?productKey=demo', undefined, 200);
    await house.rest('GET', `/faults/${made.id}`, undefined, 200);
    await house.rest('DELETE', `/faults/${made.id}`, undefined, 204);
    await house.rest('DELETE', '/faults?productKey=demo', undefined, 204);
    await house.rest('DELETE', '/faults', undefined, 204);
}

export async function journal(house) {
    const all = await house.rest('GET', '/journal?limit=1000', undefined, 200);
    assert.ok(all.items.some(({ kind }) => kind === 'firmware'), 'firmware requests are in the journal');
    const { nextCursor } = await house.rest('GET', '/journal?limit=1', undefined, 200);
    const later = await house.rest('GET', `/journal?cursor=${all.cursor}`, undefined, 200);
    assert.ok(later.items.every(({ id }) => id > all.items.at(-1).id), 'the cursor of the end gives what came later only');
    await house.rest('GET', `/journal?limit=1&cursor=${nextCursor}&productKey=demo&deviceKey=8671&planId=1&kind=frame,firmware&since=2020-01-01T00:00:00Z&until=2030-01-01T00:00:00Z`, undefined, 200);
    await house.rest('GET', '/journal?format=json&kind=fault', undefined, 200);
    const archive = await house.rest('GET', '/journal?format=har', undefined, 200);
    assert.equal(archive.log.entries.length, all.items.filter(({ kind }) => kind === 'firmware').length);
    const lines = await house.send({ path: '/api/v1/journal?format=ndjson' });
    assert.equal(lines.status, 200);
    for (const wrong of ['format=xml', 'kind=nothing', 'since=yesterday', 'planId=0', 'deviceKey=' + 'x'.repeat(40)]) {
        await house.rest('GET', `/journal?${wrong}`, undefined, 400);
    }
}

export async function reset(house) {
    await house.rest('POST', '/products', { name: 'Reset', productKey: 'again' }, 201);
    await house.package({ productKey: 'again' });
    const told = listen(house, '?kind=product&productKey=again', '"reset"');
    await sleep(50);
    assert.equal((await house.rest('POST', '/products/again/reset', undefined, 200)).packages, 1);
    await told;
    await house.rest('POST', '/products/again/devices', { deviceKey: '8680' }, 201);
    await house.package({ productKey: 'again' });
    await house.rest('POST', '/faults', { point: 'ota.url', action: { type: 'drop' }, match: { productKey: 'again' } }, 201);
    const document = await house.rest('GET', '/export?productKey=again', undefined, 200);
    assert.equal((await house.rest('GET', '/export?files=none', undefined, 200)).files, undefined);
    await house.rest('GET', '/export?productKey=nothere', undefined, 422);
    await house.rest('GET', '/export?files=some', undefined, 400);
    await house.rest('POST', '/import', document, 409);
    await house.rest('POST', '/import?replace=true', document, 200);
    assert.deepEqual({ ...(await house.rest('GET', '/export?productKey=again', undefined, 200)), exportedAt: 0 }, { ...document, exportedAt: 0 });
    await house.rest('POST', '/import', { ...document, products: [{ ...document.products[0], productKey: 'not a key', faults: [] }] }, 422);
    await house.rest('POST', '/import', { ...document, colour: 'red' }, 400);
    await house.rest('POST', '/import', { products: [{ name: 'From a fixture', productKey: 'fixture', devices: [{ deviceKey: '1' }] }] }, 200);
    const snapshots = '/products/again/snapshots';
    await house.rest('POST', snapshots, { name: 'one' }, 201);
    await house.rest('POST', snapshots, { name: 'one' }, 409);
    await house.rest('POST', snapshots, { name: 'no word' }, 422);
    await house.rest('POST', snapshots, { name: 1 }, 400);
    await house.rest('POST', '/products/nothere/snapshots', { name: 'one' }, 404);
    await house.rest('POST', snapshots, { name: 'two' }, 201);
    const { nextCursor } = await house.rest('GET', `${snapshots}?limit=1&q=o`, undefined, 200);
    await house.rest('GET', `${snapshots}?limit=1&cursor=${nextCursor}`, undefined, 200);
    await house.rest('GET', `${snapshots}/one`, undefined, 200);
    await house.rest('DELETE', '/products/again/devices/8680', undefined, 204);
    await house.rest('POST', `${snapshots}/one/restore`, undefined, 200);
    await house.rest('GET', '/products/again/devices/8680', undefined, 200);
    await house.rest('DELETE', `${snapshots}/two`, undefined, 204);
    for (const [method, path] of [['GET', ''], ['DELETE', ''], ['POST', '/restore']]) {
        await house.rest(method, `${snapshots}/two${path}`, undefined, 404);
    }
    await house.rest('POST', '/products/nothere/reset', undefined, 404);
    await house.rest('POST', '/reset', { keep: ['devices'] }, 422);
    await house.rest('POST', '/reset', { keep: 'all' }, 400);
    await house.rest('POST', '/reset', { keep: null }, 200);
    await house.rest('POST', '/reset', undefined, 200);
    await house.rest('POST', '/reset', { keep: ['packages', 'products', 'faults'] }, 200);
}

export async function events(house) {
    const first = await listen(house, '?after=0-0', 'reset');
    assert.match(first.text, /event: reset/);
    const hello = await listen(house, '', 'hello');
    const cursor = /^id: (.*)$/m.exec(hello.text)[1];
    await house.rest('POST', '/products', { name: 'Told', productKey: 'told' }, 201);
    await listen(house, '?kind=product&productKey=told', '"created"', { 'last-event-id': cursor });
    const [run] = cursor.split('-');
    await listen(house, '', '"kind":"product","what":"created","productKey":"told"', { 'last-event-id': `${run}-0` }); // all until now
    const clocks = listen(house, '?kind=clock', '"advanced"', { 'last-event-id': cursor }); // whoever is faster
    await house.rest('PUT', '/clock', { mode: 'offset' }, 200);
    await house.rest('POST', '/clock/advance', { seconds: 1 }, 200);
    await clocks;
    const told = await house.rest('GET', '/events?kind=product&productKey=told&wait=20', undefined, 200);
    assert.deepEqual(told.items.map(({ what }) => what), ['created']);
    const comes = house.rest('GET', `/events?kind=product&what=created&wait=20&after=${told.cursor}`, undefined, 200);
    await house.rest('POST', '/products', { name: 'Awaited', productKey: 'awaited' }, 201);
    assert.deepEqual((await comes).items.map(({ productKey }) => productKey), ['awaited']);
    const none = await house.rest('GET', `/events?kind=plan&productKey=told&wait=0.05&after=${told.cursor}`, undefined, 409);
    assert.equal(none.type, 'urn:mockdc:problem:await-timeout');
    assert.match(none.cursor, /^[0-9a-f]{8}-[0-9]+$/);
    assert.equal((await house.rest('GET', '/events?wait=20&after=00000000-1', undefined, 410)).reason, 'restarted');
    await house.rest('GET', '/events?wait=1&kind=frame', undefined, 400);
    for (let after = '', seen = 0; seen < 4; seen++) { // in pieces, each of a kind
        const piece = await house.rest('GET', `/events?wait=20&limit=1${after}`, undefined, 200);
        after = `&after=${piece.cursor}`;
    }
    await house.rest('GET', '/events?kind=nonsense', undefined, 400);
    await house.send({ method: 'HEAD', path: '/api/v1/events' });
}

// The link that `deviceKey` is given, and what follows its upgrade to the end. `step`: when the device loses its power.
async function linkOf(house, productKey, deviceKey, step) {
    const frames = house.send({ path: `/api/v1/events?kind=frame&deviceKey=${deviceKey}`, until: (seen) => /"command":"firmwareInfo".*\n\n/.test(seen) });
    house.device(productKey, deviceKey, '--power-cut', String(step), '--power-off', '600000');
    return /\/firmware\/[\w-]{22}\.bin/.exec((await frames).text)[0];
}

export async function firmware(house) {
    const made = await house.package({ productKey: 'slow' }, 201, { size: 100_000 });
    const plan = await house.plan(made.id, { productKey: 'slow', strategy: { retries: 0 } });
    await house.rest('POST', `/plans/${plan.id}/activate`, undefined, 200);
    const path = await linkOf(house, 'slow', '8676', 5);
    const ask = async (status, headers = {}, method = 'GET') => {
        const answer = await house.send({ method, path, headers, anonymous: true });
        assert.equal(answer.status, status, `${method} ${JSON.stringify(headers)}`);
        return answer;
    };
    const { headers: { etag } } = await ask(200);
    await ask(206, { range: 'bytes=0-99' });
    await ask(206, { range: 'bytes=0-9,20-29' });
    await ask(206, { range: 'bytes=-5', 'if-range': etag });
    await ask(200, { range: 'bytes=-5', 'if-range': '"another"' });
    await ask(304, { 'if-none-match': etag });
    await ask(416, { range: 'bytes=200000-' });
    await ask(200, {}, 'HEAD');
    await ask(304, { 'if-none-match': etag }, 'HEAD');
    await house.rest('POST', '/products/slow/clock/advance', { seconds: 3601 }, 200);
    await house.rest('GET', `/plans/${plan.id}/devices/8676?waitFor=failed&timeout=20`, undefined, 200);
    await ask(410);
    await ask(410, {}, 'HEAD');
    await house.send({ path: '/firmware/AAAAAAAAAAAAAAAAAAAAAA.bin', anonymous: true });
    await house.send({ method: 'HEAD', path: '/firmware/AAAAAAAAAAAAAAAAAAAAAA.bin', anonymous: true });
}

const filesBelow = (folder) => readdirSync(folder, { withFileTypes: true }).flatMap((entry) => (entry.isDirectory() ? filesBelow(join(folder, entry.name)) : entry.isFile() ? [join(folder, entry.name)] : []));

// A stored file is changed behind the server's back.
export async function damage(house) {
    const made = await house.package({ productKey: 'stored' }, 201, { size: 5000 });
    const plan = await house.plan(made.id, { productKey: 'stored' });
    const stored = filesBelow(house.data).find((file) => createHash('sha256').update(readFileSync(file)).digest('hex') === made.files[0].sha256);
    writeFileSync(stored, Buffer.alloc(5000, 8));
    await house.rest('POST', `/plans/${plan.id}/activate`, undefined, 200);
    const path = await linkOf(house, 'stored', '8677', 4);
    assert.equal((await house.send({ path, anonymous: true })).status, 500);
    assert.equal((await house.send({ method: 'HEAD', path, anonymous: true })).status, 500);
    assert.equal((await house.rest('POST', `/packages/${made.id}/check`, undefined, 200)).intact, false);
    assert.equal((await house.rest('GET', `/packages/${made.id}`, undefined, 200)).files[0].damaged, true);
}

export async function files(house, contract) {
    const rendered = { '/': 'text/html', '/page/app.js': 'text/javascript', '/docs': 'text/html', '/docs/rapidoc.js': 'text/javascript', '/openapi.json': 'application/json' };
    for (const [path, type] of Object.entries(rendered)) {
        const plain = await house.send({ path, anonymous: true });
        assert.ok(plain.status === 200 && plain.headers['content-type'].startsWith(type), path);
        const packed = await house.send({ path, anonymous: true, headers: { 'accept-encoding': 'gzip' } });
        assert.equal(packed.headers['content-encoding'], 'gzip', path);
        assert.equal((await house.send({ path, anonymous: true, headers: { 'if-none-match': plain.headers.etag } })).status, 304, path);
    }
    await house.send({ path: '/page/nothing.js', anonymous: true });
    await house.send({ path: '/docs/nothing.js', anonymous: true });
    await house.send({ path: '/healthz', anonymous: true });
    await house.send({ path: '/readyz', anonymous: true });
    assert.equal((await house.send({ path: '/readyz?verbose' })).status, 200);
    assert.equal((await house.send({ path: '/metrics' })).status, 200);
    assert.deepEqual((await house.send({ path: '/openapi.json', anonymous: true })).json, contract.document);
    await house.rest('GET', '/server', undefined, 200, { headers: { 'x-request-id': 'mine' } });
    assert.equal(house.calls.at(-1).response.headers['x-request-id'], 'mine');
    for (const host of ['stranger.example', 'localhost:1.stranger.example']) {
        assert.equal((await house.send({ path: '/api/v1/server', headers: { host } })).status, 403);
    }
}
