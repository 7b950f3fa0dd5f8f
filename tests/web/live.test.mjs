// The stream: how soon a change is on screen, what happens when it is cut, replay, the token, a tab that nobody sees.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { House, open, PRODUCT, shoot, wire } from './harness.mjs';

const SOON_MS = 250;
let house;
before(async () => {
    house = await open();
    await house.rest('POST', '/products', PRODUCT);
});
after(() => house.close());

test('a change is on screen soon, and nothing is asked for meanwhile', async () => {
    const page = await house.page();
    await house.go(page, '#/products');
    await page.getByText('live').waitFor();
    const asked = [];
    page.on('request', (request) => asked.push(new URL(request.url()).pathname));
    await page.waitForTimeout(1500);
    assert.deepEqual(asked, [], 'no polling');
    const times = [];
    for (let i = 0; i < 5; i++) {
        const name = `Soon ${i}`;
        const seen = page.evaluate((text) => new Promise((resolve) => {
            const watch = new MutationObserver(() => document.body.textContent.includes(text) && (watch.disconnect(), resolve(Date.now())));
            watch.observe(document.body, { subtree: true, childList: true, characterData: true });
        }), name);
        await page.waitForTimeout(300);
        const began = Date.now();
        await house.rest('POST', '/products', { name });
        times.push((await seen) - began);
    }
    times.sort((a, b) => a - b);
    console.log(`# a change is on screen after ${times.join(', ')} ms`);
    assert.ok(times[2] < SOON_MS, `after ${times} ms`);
    await page.context().close();
});

test('a server that goes is shown; when it is back, so is the page, with what has changed', async () => {
    const page = await house.page();
    await house.go(page, '#/products');
    await page.getByText('live').waitFor();
    await house.stopServer();
    await page.getByText('connection lost, trying again').waitFor();
    await shoot(page, 'connection-lost');
    await house.startServerAgain();
    await house.rest('POST', '/products', { name: 'While it was away' });
    await page.getByText('live').waitFor();
    await page.getByText('While it was away').waitFor();
    await page.context().close();
});

test('a connection that breaks replays what was missed, and loads nothing for it', async () => {
    const line = await wire(house);
    const page = await house.page();
    await house.rest('POST', `/products/${PRODUCT.productKey}/devices`, { deviceKey: 'replay1' });
    await page.goto(`${line.http}/#/devices/${PRODUCT.productKey}/replay1`);
    await page.locator('.connection.live').waitFor();
    const ids = [];
    page.on('request', (request) => request.url().endsWith('/events') && ids.push(request.headers()['last-event-id']));
    line.cut();
    await page.getByText('connection lost').waitFor();
    await house.rest('PUT', `/products/${PRODUCT.productKey}/devices/replay1/enabled`, { enabled: false });
    line.mend();
    await page.locator('.connection.live').waitFor();
    await page.getByRole('region', { name: 'Live' }).getByText('disabled').waitFor();
    assert.match(ids.at(-1), /^[0-9a-f]{8}-\d+$/);
    await page.context().close();
    await line.close();
});

test('the frames of a device, decoded, while it is looked at', async () => {
    const page = await house.page();
    await house.rest('POST', `/products/${PRODUCT.productKey}/devices`, { deviceKey: 'framed' });
    await house.go(page, `#/devices/${PRODUCT.productKey}/framed`);
    await page.locator('.connection.live').waitFor();
    await page.waitForTimeout(200); // for its second stream
    house.device('framed');
    const frames = page.getByRole('region', { name: 'Frames', exact: true });
    await frames.getByRole('row').filter({ hasText: 'otaRequest' }).first().waitFor();
    await frames.getByRole('row').filter({ hasText: 'status' }).filter({ hasText: '→ from the device' }).first().waitFor();
    assert.match(await frames.textContent(), /STM32/);
    assert.match(await frames.getByRole('row').filter({ hasText: 'configuration' }).textContent(), /not shown/, 'a secret is no content');
    await shoot(page, 'device-frames');
    await page.context().close();
});

test('a tab that nobody sees lets the stream go', async () => {
    const page = await house.page();
    await page.clock.install();
    await house.go(page, '#/products');
    await page.locator('.connection.live').waitFor();
    const show = (hidden) => page.evaluate((now) => {
        Object.defineProperty(document, 'hidden', { configurable: true, get: () => now });
        document.dispatchEvent(new Event('visibilitychange'));
    }, hidden);
    await show(true);
    await page.clock.runFor(11_000);
    await page.locator('.connection.paused').waitFor();
    await house.rest('POST', '/products', { name: 'While nobody looked' });
    await show(false);
    await page.getByText('While nobody looked').waitFor();
    await page.context().close();
});

test('the token is asked for once and sent with everything', async () => {
    const guarded = await new House().open(['--ephemeral', '--api-token', 'let-me-in']);
    guarded.headers = { Authorization: 'Bearer let-me-in' };
    await guarded.rest('POST', '/products', PRODUCT);
    const page = await guarded.page();
    await page.goto(guarded.server.http);
    const question = page.getByRole('dialog', { name: 'This server wants a token' });
    await question.getByLabel('API token').fill('wrong');
    await question.getByRole('button', { name: 'Go on' }).click();
    await question.waitFor();
    await question.getByLabel('API token').fill('let-me-in');
    await question.getByRole('button', { name: 'Go on' }).click();
    await page.getByText('live').waitFor();
    await page.goto(`${guarded.server.http}/#/products`);
    await page.getByText('Demo product').first().waitFor();
    assert.ok(!(await page.content()).includes('let-me-in'));
    await page.context().close();
    await guarded.close();
});
