// Faults on the page: armed by the form, seen to fire, cleared; and the form's table against the server that decides.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { load } from './bundle.mjs';
import { checkAccess, errorAt, open, PRODUCT, shoot, until } from './harness.mjs';

const { MEMBERS, NUMBER_FIELDS, POINTS } = await load('fault-draft.ts');
let house;
before(async () => {
    house = await open('--ephemeral');
    await house.demo({ size: 200_000, strategy: { retries: 5, minSignal: -113, minBattery: 30, timeoutMinutes: 60 } });
});
after(() => house.close());

const EXAMPLES = { code: 3, afterFrames: 1, seconds: 1, ms: 1, k: 1, field: '', value: '', retryAfter: 1, location: '/x', afterBytes: 1, atByte: '50%', bytes: 1, bytesPerSecond: 1, atStep: 'downloading' };
const CODES = { bootstrapError: 10422, status: 503 };

const pick = (names, from) => Object.fromEntries(names.map((name) => [name, from[name]]));
const refusals = async (body) => {
    const answer = await house.rest('POST', '/faults', body, [201, 400, 422]);
    return answer.errors ?? [];
};

test('the table of the form is that of the server: points, actions, members, fields', async () => {
    const found = [];
    for (const [point, { actions, fields }] of Object.entries(POINTS)) {
        for (const { type, members, optional } of actions) {
            const examples = { ...EXAMPLES, code: CODES[type] ?? EXAMPLES.code, field: fields[0] ?? 'url', value: NUMBER_FIELDS.includes(fields[0]) ? 1 : 'x' };
            const body = (names) => ({ point, action: { type, ...pick(names, examples) } });
            const say = (what, errors) => errors.length > 0 && found.push(`${point} ${type} ${what}: ${JSON.stringify(errors)}`);
            say('with all it may have', await refusals(body([...members, ...optional])));
            say('with what it must have', await refusals(body(members)));
            for (const missing of members) {
                const errors = await refusals(body(members.filter((name) => name !== missing)));
                say(`without ${missing}`, errors.some(({ pointer }) => pointer === `/action/${missing}`) ? [] : ['nothing']);
            }
            const others = Object.keys(MEMBERS).filter((name) => !members.includes(name) && !optional.includes(name));
            const errors = await refusals(body([...members, ...others]));
            assert.deepEqual(errors.map(({ pointer }) => pointer).sort(), others.map((name) => `/action/${name}`).sort(), `${point} ${type}: what it has not`);
        }
        for (const field of Object.values(POINTS).flatMap((other) => other.fields)) {
            if (fields.length > 0) {
                const errors = await refusals({ point, action: { type: 'set', field, value: NUMBER_FIELDS.includes(field) ? 1 : 'x' } });
                assert.equal(errors.length === 0, fields.includes(field), `${point} ${field}: ${JSON.stringify(errors)}`);
            }
        }
    }
    assert.deepEqual(found, []);
    await house.rest('DELETE', '/faults');
});

test('every action of every point has its form, and its curl', async () => {
    const page = await house.page();
    await house.go(page, '#/faults/new');
    for (const [point, { actions }] of Object.entries(POINTS)) {
        await page.getByLabel('Point').selectOption(point);
        for (const { type, members, optional } of actions) {
            await page.getByLabel('Action').selectOption(type);
            const what = page.getByRole('group', { name: 'What goes wrong' });
            assert.deepEqual(await what.locator('label').allTextContents(), ['Point', 'Action', ...[...members, ...optional].map((name) => MEMBERS[name].label)], `${point} ${type}`);
            assert.match(await page.locator('.curl code').textContent(), new RegExp(`"point":"${point}","action":\\{"type":"${type}"`));
        }
    }
    await page.context().close();
});

test('each refusal at its member', async () => {
    const page = await house.page();
    const put = (label, value) => (view) => view.getByLabel(label, { exact: true }).fill(value);
    const choose = (label, value) => (view) => view.getByLabel(label, { exact: true }).selectOption(value);
    const table = [
        ['At byte', put('At byte', 'half')], ['At byte', put('At byte', '')], ['Device key', put('Device key', 'x'.repeat(17))], ['Component', put('Component', 'c'.repeat(33))], ['Attempt', put('Attempt', '0')],
        ['Times', put('Times', '0')], ['Skip', put('Skip', '-1')], ['Every nth', put('Every nth', '0')], ['Probability', put('Probability', '1.5')], ['Probability', put('Probability', 'often')], ['Seed', put('Seed', '-1')],
        ['Code', async (view) => { await choose('Action', 'status')(view); await put('Code', '99')(view); }],
        ['Value', async (view) => { await choose('Point', 'ota.url')(view); await choose('Action', 'set')(view); await choose('Member', 'size')(view); await put('Value', 'large')(view); }],
        ['When a device reaches', choose('Point', 'plan')],
    ];
    for (const [label, fill] of table) {
        await house.go(page, '#/faults/new');
        await page.getByLabel('At byte').fill('50%');
        await fill(page);
        await page.getByRole('button', { name: 'Arm', exact: true }).click();
        await until(`the server names ${label}`, async () => (await errorAt(page, label).catch(() => '')) !== '').catch(async (error) => {
            throw new Error(`${error.message}: ${await page.getByRole('alert').allTextContents()}`);
        });
    }
    await shoot(page, 'fault-refused');
    await checkAccess(page, 'a refused fault');
    await house.go(page, '#/faults/new?planId=99');
    await page.getByLabel('At byte').fill('1');
    await page.getByRole('button', { name: 'Arm', exact: true }).click();
    await until('a plan that is not there', async () => /no such plan/.test(await errorAt(page, 'Plan').catch(() => '')));
    assert.equal((await house.rest('GET', '/faults')).items.length, 0);
    await page.context().close();
});

test('armed from a device in its plan, it fires, is told live, and is cleared', async () => {
    const page = await house.page();
    await house.rest('POST', `/products/${PRODUCT.productKey}/devices`, { deviceKey: '8671' });
    await house.go(page, '#/plans/1/devices/8671');
    await page.getByRole('link', { name: 'Arm a fault for this device' }).click();
    await page.getByRole('heading', { name: 'Arm a fault' }).waitFor();
    await page.locator('option', { hasText: 'Rollout (1)' }).waitFor({ state: 'attached' });
    assert.deepEqual(await Promise.all(['Product', 'Device key', 'Plan'].map((label) => page.getByLabel(label, { exact: true }).inputValue())), ['demo', '8671', '1']);
    await page.getByLabel('At byte').fill('50%');
    await page.getByLabel('Times').fill('1');
    await page.getByRole('button', { name: 'Arm', exact: true }).click();
    await page.getByRole('heading', { name: 'Faults' }).waitFor();
    const row = page.getByRole('row').filter({ hasText: 'Cut the body: at 50 %' });
    await row.getByText('product demo, device 8671, plan 1').waitFor();
    await row.getByText('once', { exact: true }).waitFor();
    await row.getByText('not yet').waitFor();
    const [fault] = (await house.rest('GET', '/faults')).items;
    assert.deepEqual([fault.action, fault.match, fault.trigger.times], [{ type: 'cut', atByte: '50%' }, { productKey: 'demo', deviceKey: '8671', planId: 1 }, 1]);
    house.device('8671');
    await row.getByText('will not fire again').waitFor({ timeout: 20_000 });
    await row.getByText('STM32, attempt 1').waitFor();
    await shoot(page, 'faults-fired');
    await checkAccess(page, 'a fault that fired');
    await house.rest('GET', '/plans/1/devices/8671?waitFor=upgraded&timeout=60');
    await row.getByRole('link', { name: '8671' }).click();
    await page.getByRole('button', { name: /Upgrade log/ }).click();
    await page.getByRole('dialog').getByText('Fault applied').waitFor();
    await house.go(page, '#/faults');
    await page.getByRole('button', { name: `Clear fault ${fault.id}` }).click();
    await page.getByText('No fault is armed').waitFor();
    await page.getByRole('button', { name: 'REST calls' }).click();
    await page.getByRole('dialog').getByText(`DELETE /faults/${fault.id}`).waitFor();
    await page.context().close();
});

test('what others arm and clear is seen; all of a product are cleared after a question', async () => {
    const page = await house.page();
    await house.go(page, '#/faults?productKey=demo');
    await page.getByText('No fault names this product').waitFor();
    for (const productKey of ['demo', 'demo', undefined]) {
        await house.rest('POST', '/faults', { point: 'mqtt.connect', action: { type: 'close' }, match: productKey === undefined ? {} : { productKey, deviceKey: 'nobody' }, trigger: { everyNth: 3 } });
    }
    await until('two of the product', async () => (await page.getByRole('row').filter({ hasText: 'every 3rd use' }).count()) === 2);
    await page.getByRole('button', { name: 'Clear all of demo' }).click();
    const question = page.getByRole('dialog');
    assert.match(await question.textContent(), /2 faults that name demo go.*curl -X DELETE .*\/faults\?productKey=demo/s);
    await question.getByRole('button', { name: 'Clear all of demo', exact: true }).click();
    await page.getByText('No fault names this product').waitFor();
    await page.getByLabel('Product', { exact: true }).selectOption('');
    await page.getByRole('row').filter({ hasText: 'everyone' }).waitFor();
    assert.match(page.url(), /#\/faults$/);
    await house.rest('DELETE', '/faults');
    await page.getByText('No fault is armed').waitFor();
    await page.context().close();
});
