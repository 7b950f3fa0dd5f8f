// The journal on the page: what it shows, that its filter is the API's query, that it follows, and that it stays smooth.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { checkAccess, House, open, PRODUCT, shoot, until } from './harness.mjs';

let house;
before(async () => {
    house = await open();
    await house.demo({ size: 60_000 });
    await house.rest('POST', '/faults', { point: 'http.firmware', action: { type: 'cut', atByte: '50%' }, match: { productKey: PRODUCT.productKey }, trigger: { times: 1 } });
    house.device('8671');
    house.device('8672');
    await until('both are there', async () => (await house.rest('GET', '/plans/1/statistics')).inUpgrade === 2);
    for (const key of ['8671', '8672']) {
        await house.rest('GET', `/plans/1/devices/${key}?waitFor=upgraded&timeout=60`);
    }
    house.spawn(['device', '--mqtt', house.server.mqtt, '--product-key', PRODUCT.productKey, '--product-secret', 'wrong', '--device-key', '8673', '--timeout', '1']);
    await until('one is refused', async () => (await journal('kind=refuse')).length > 0);
});
after(() => house.close());

const journal = async (query) => (await house.rest('GET', `/journal?${query}&limit=1000`)).items;
const scroller = (page) => page.locator('.journal .virtual-scroll');
const rows = (page) => page.locator('.journal .virtual-scroll .virtual-row');
const count = async (page) => Number(/([\d,]+) entr/.exec(await page.getByRole('status').filter({ hasText: 'newest last' }).textContent())?.[1].replaceAll(',', ''));
const toEnd = (page) => page.getByRole('button', { name: 'To the oldest' }).click();

test('every kind of entry in words; a frame opens to its bytes', async () => {
    const page = await house.page();
    await house.go(page, '#/journal');
    await until('all are listed', async () => await count(page).catch(() => 0) === (await journal('since=2000-01-01T00:00:00Z')).length);
    const seen = async (kind, text) => {
        await house.go(page, `#/journal?kind=${kind}`);
        await rows(page).filter({ hasText: text }).first().waitFor();
    };
    await seen('connect', /with the product secret\s*from 127\.0\.0\.1/);
    await seen('refuse', /code \d|closed without a word/);
    await seen('firmware', /GET 206\s*bytes=.* sent, cut off/);
    await seen('fault', /http\.firmware cut\s*fault \d+: http\.firmware cut, at byte 50 %/);
    await seen('frame', /otaRequest\s*id \d+, QoS 2/);
    await shoot(page, 'journal-frames');
    await page.getByLabel('Device key').fill('8671');
    await until('of one device only', async () => (await rows(page).allTextContents()).every((text) => text.includes('8671')));
    const [frame] = (await journal('kind=frame&deviceKey=8671')).filter(({ command }) => command === 'otaRequest');
    await rows(page).getByRole('button', { name: 'otaRequest' }).first().click();
    const opened = page.getByRole('dialog');
    const text = await opened.textContent();
    assert.ok(text.includes(frame.decoded) && text.includes(frame.topic), text);
    assert.equal((await opened.getByRole('region', { name: 'On the wire' }).locator('pre').textContent()).replace(/^[0-9a-f]{4}  /gm, '').replace(/\s/g, ''), frame.raw);
    await opened.getByText(`mockdc wire decode ${frame.clear}`).waitFor();
    await shoot(page, 'journal-entry');
    await checkAccess(page, 'an open entry');
    await page.keyboard.press('Escape');
    await opened.waitFor({ state: 'detached' });
    await page.context().close();
});

test('the filter is the query of the API, in the address, the curl line and the files', async () => {
    const page = await house.page();
    await house.go(page, '#/journal');
    await page.getByLabel('Product', { exact: true }).selectOption('demo');
    await page.getByLabel('Plan', { exact: true }).selectOption('1');
    await page.getByLabel('Device key').fill('8671');
    await page.getByLabel('Fault', { exact: true }).check();
    await page.getByLabel('Firmware', { exact: true }).check();
    const [first] = await journal('planId=1');
    const since = new Date(Math.floor(Date.parse(first.at) / 1000) * 1000);
    await page.getByLabel('Since').fill(new Intl.DateTimeFormat('sv-SE', { timeZone: 'Europe/Berlin', dateStyle: 'short', timeStyle: 'medium' }).format(since).replace(' ', 'T').replace(/:00$/, ''));
    await page.getByLabel('Until').fill('2099-01-01T00:00:01');
    const query = `productKey=demo&deviceKey=8671&planId=1&kind=firmware,fault&since=${since.toISOString()}&until=2098-12-31T23:00:01.000Z`;
    await until('the address has it', () => [...new URLSearchParams(new URL(page.url()).hash.split('?')[1])].sort().join() === [...new URLSearchParams(query)].sort().join());
    const wanted = await journal(query);
    assert.ok(wanted.length > 0);
    await until('the rows are its answer', async () => await count(page).catch(() => 0) === wanted.length);
    await page.getByText(`curl '${house.server.http}/api/v1/journal?${query}'`).waitFor();
    for (const [name, more] of [['JSON', ''], ['NDJSON', '&format=ndjson'], ['HAR', '&format=har']]) {
        assert.equal(await page.getByRole('link', { name, exact: true }).getAttribute('href'), `/api/v1/journal?${query}${more}`);
    }
    const waiting = page.waitForEvent('download');
    await page.getByRole('link', { name: 'HAR' }).click();
    const file = await waiting;
    assert.equal(file.suggestedFilename(), 'journal.har');
    const { log } = JSON.parse(readFileSync(await file.path(), 'utf8'));
    assert.equal(log.entries.length + log._journal.length, wanted.length);
    await page.reload();
    await until('it survives a reload', async () => await count(page).catch(() => 0) === wanted.length);
    await page.getByLabel('Firmware', { exact: true }).uncheck();
    await page.getByLabel('Fault', { exact: true }).uncheck();
    await until('no kind is all', async () => await count(page) === (await journal(query.replace('&kind=firmware,fault', ''))).length);
    await page.context().close();
});

test('what the API refuses, and what nobody did', async () => {
    const page = await house.page();
    await house.go(page, '#/journal?kind=nonsense');
    await page.getByRole('alert').getByText(/must be some of connect/).waitFor();
    await house.go(page, '#/journal?deviceKey=nobody');
    await page.getByText('No entry matches').waitFor();
    await page.context().close();
});

test('from device and plan into the journal, and their files', async () => {
    const page = await house.page();
    await house.go(page, '#/devices/demo/8672');
    await page.getByRole('link', { name: 'Journal', exact: true }).nth(1).click();
    await page.getByRole('heading', { name: 'Journal' }).waitFor();
    assert.equal(await page.getByLabel('Device key').inputValue(), '8672');
    await rows(page).first().waitFor();
    for (const [address, name, file, look] of [
        ['#/devices/demo/8672', 'HAR', 'device-8672.har', (text) => JSON.parse(text).log.entries.every((entry) => entry._deviceKey === '8672')],
        ['#/plans/1', 'HAR', 'plan-1.har', (text) => JSON.parse(text).log.entries.length >= 2],
        ['#/plans/1/devices/8671', 'HAR', 'plan-1-8671.har', (text) => JSON.parse(text).log.entries.length > 0],
        ['#/plans/1', 'JUnit report', 'plan-1-report.xml', (text) => /<testsuite /.test(text)],
        ['#/plans/1', 'Export CSV', 'plan-1-devices.csv', (text) => text.split('\r\n').length >= 3],
    ]) {
        await house.go(page, address);
        const waiting = page.waitForEvent('download');
        await page.getByRole('link', { name, exact: true }).click();
        const saved = await waiting;
        assert.equal(saved.suggestedFilename(), file);
        assert.ok(look(readFileSync(await saved.path(), 'utf8')), file);
    }
    await house.go(page, '#/plans/1');
    await page.getByRole('link', { name: 'its journal' }).click();
    await until('the plan is the filter', () => page.url().endsWith('#/journal?planId=1'));
    await page.context().close();
});

test('it follows: whoever is at the end stays there, whoever reads stays where he is', async () => {
    const page = await house.page();
    await house.go(page, '#/journal');
    await rows(page).first().waitFor();
    const before = await count(page);
    const atEnd = () => scroller(page).evaluate((element) => element.scrollTop + element.clientHeight >= element.scrollHeight - 2);
    await until('it opens at the end', atEnd);
    house.device('8674');
    await until('its entries come by themselves', async () => await count(page) > before);
    await rows(page).filter({ hasText: '8674' }).first().waitFor();
    await house.rest('GET', '/plans/1/devices/8674?waitFor=upgraded&timeout=60');
    await until('still at the end', atEnd);
    await toEnd(page);
    const first = await rows(page).first().textContent();
    const [frames] = [await count(page)];
    house.device('8675');
    await until('more entries', async () => await count(page) > frames);
    assert.equal(await rows(page).first().textContent(), first);
    assert.equal(await scroller(page).evaluate((element) => element.scrollTop), 0);
    await page.getByRole('button', { name: /To the newest \(\d+ further\)/ }).click();
    await until('at the end again', atEnd);
    await page.context().close();
});

test('a server that begins anew: its journal, not the old one', async () => {
    const page = await house.page();
    await house.go(page, '#/journal?kind=connect');
    await rows(page).first().waitFor();
    const before = await count(page);
    for (const child of house.children) {
        child.kill('SIGTERM');
    }
    await house.stopServer();
    await page.locator('.connection.lost').waitFor();
    await house.startServerAgain();
    await page.locator('.connection.live').waitFor();
    house.device('8676');
    await until('the new one only', async () => await count(page).catch(() => before) === (await journal('kind=connect')).length && (await rows(page).last().textContent()).includes('8676'), 20_000);
    await page.context().close();
});

test('thousands of entries: few rows exist, scrolling is smooth, what gave way is counted', async () => {
    const busy = await new House().open(['--ephemeral', '--journal-size', '3000000']);
    await busy.demo({ size: 5000 });
    const fleet = busy.spawn(['fleet', '--mqtt', busy.server.mqtt, '--product-key', PRODUCT.productKey, '--product-secret', PRODUCT.productSecret, '--device-key', '867900000000001', '--count', '700',
        '--mcu', 'STM32=1_0_0', '--rsrp', '-90', '--time-scale', '100', '--exit-after', 'upgraded']);
    await until('the fleet is through', () => fleet.exitCode !== null, 60_000);
    const page = await busy.page();
    const began = Date.now();
    await busy.go(page, '#/journal');
    await page.getByText(/gave way since the start/).waitFor();
    await until('all is read', async () => !(await page.getByRole('status').filter({ hasText: 'newest last' }).textContent()).includes('Loading'), 30_000);
    const { dropped } = await busy.rest('GET', '/journal?limit=1');
    assert.ok(dropped > 0);
    await page.getByText(`${dropped.toLocaleString('en')} older entries gave way`).waitFor();
    const all = await count(page);
    console.log(`# ${all} entries are listed after ${Date.now() - began} ms`);
    assert.ok(all > 5000, `${all} entries`);
    assert.ok(await rows(page).count() < 80);
    const spans = await page.evaluate(async () => {
        const element = document.querySelector('.journal .virtual-scroll');
        const found = [];
        let last = performance.now();
        for (let i = 0; i < 90; i++) {
            await new Promise(requestAnimationFrame);
            const now = performance.now();
            found.push(now - last);
            last = now;
            element.scrollTop -= 400;
        }
        return found.sort((a, b) => a - b);
    });
    const at = (part) => spans[Math.floor(part * (spans.length - 1))];
    console.log(`# frames while scrolling: median ${at(0.5).toFixed(0)} ms, 95th of a hundred ${at(0.95).toFixed(0)} ms`);
    assert.ok(at(0.95) < 100, `95 % of the frames under 100 ms`);
    await shoot(page, 'journal-many');
    await page.context().close();
    await busy.close();
});
