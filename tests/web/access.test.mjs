// For everybody: axe in every view, both themes, a phone's width, keyboard only.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { checkAccess, open, shoot, until } from './harness.mjs';

const VIEWS = {
    plans: '#/plans', 'plan-monitoring': '#/plans/1', 'plan-details': '#/plans/1?details=1', 'plan-device': '#/plans/1/devices/8671', 'plan-log': '#/plans/1/devices/8671?log=1',
    'plan-new': '#/plans/new', 'plan-edit': '#/plans/2/edit', devices: '#/devices?product=demo', device: '#/devices/demo/8671', packages: '#/packages', package: '#/packages/1',
    'package-new': '#/packages/new', products: '#/products', clock: '#/clock', 'clock-product': '#/clock?product=demo', 'device-waiting': '#/devices/manual/8675', faults: '#/faults', 'faults-none': '#/faults?productKey=manual', 'fault-new': '#/faults/new?productKey=demo&deviceKey=8671&planId=1', journal: '#/journal', 'journal-none': '#/journal?deviceKey=nobody&kind=frame', nothing: '#/nowhere', 'plan-gone': '#/plans/99',
};

let house;
before(async () => {
    house = await open('--ephemeral');
    const { package: made } = await house.demo();
    await house.plan(made.id, { name: 'Saved plan', whitelist: ['8671', '8672'], pushPeriod: { start: '22:00', end: '06:00' } });
    house.device('8671');
    house.device('8672', ['--rsrp', '-125']);
    await house.rest('POST', '/products', { productKey: 'manual', productSecret: 'manualsecret', name: 'Asks its users' });
    const asking = await house.package({ productKey: 'manual' });
    const plan = await house.plan(asking.id, { name: 'Asks', productKey: 'manual', mode: 'manual', upgradeText: { zh: '新版本', en: 'A new version' } });
    await house.rest('POST', `/plans/${plan.id}/activate`);
    house.spawn(['device', '--mqtt', house.server.mqtt, '--product-key', 'manual', '--product-secret', 'manualsecret', '--device-key', '8675', '--mcu', 'STM32=1_0_0', '--rsrp', '-90']);
    await house.rest('GET', '/plans/1/devices/8671?waitFor=upgraded&timeout=20');
    await house.rest('POST', '/faults', { point: 'http.firmware', action: { type: 'cut', atByte: '50%' }, match: { productKey: 'demo', deviceKey: '8679', planId: 1 }, trigger: { times: 1 } });
    await house.rest('POST', '/faults', { point: 'ota.url', action: { type: 'set', field: 'md5', value: 'd41d8cd98f00b204e9800998ecf8427e' }, trigger: { skip: 2, probability: 0.25, seed: 7 } });
    await until('the manual device is there', async () => (await house.rest('GET', '/products/manual/devices')).items.some((device) => device.online));
});
after(() => house.close());

for (const [look, options] of Object.entries({
    light: { colorScheme: 'light' }, dark: { colorScheme: 'dark' },
    phone: { viewport: { width: 390, height: 844 }, hasTouch: true, colorScheme: 'light' }, 'phone-dark': { viewport: { width: 390, height: 844 }, colorScheme: 'dark', reducedMotion: 'reduce' },
})) {
    test(`axe finds nothing: ${look}`, async () => {
        const page = await house.page(options);
        for (const [name, address] of Object.entries(VIEWS)) {
            await house.go(page, address);
            await page.locator('.connection.live').waitFor();
            await page.waitForTimeout(150);
            await checkAccess(page, `${name}, ${look}`);
            await shoot(page, `${look}-${name}`);
            const [wide, screen] = await page.evaluate(() => [document.documentElement.scrollWidth, innerWidth]);
            assert.ok(wide <= screen, `${name}, ${look}: ${wide} px wide on ${screen}`);
        }
        await page.context().close();
    });
}

test('by keyboard alone: from the list to the plan, suspend, open and leave the log', async () => {
    const page = await house.page();
    await house.go(page, '#/plans');
    await page.getByRole('link', { name: 'Rollout', exact: true }).waitFor();
    const press = async (key, what, most = 60) => {
        for (let i = 0; i < most; i++) {
            await page.keyboard.press(key);
            const at = await page.evaluate(() => {
                const { activeElement: it } = document;
                const { outlineStyle } = getComputedStyle(it);
                return { text: (it.getAttribute('aria-label') ?? it.textContent).trim(), outline: outlineStyle };
            });
            if (at.text.startsWith(what)) {
                assert.notEqual(at.outline, 'none', `the focus is seen on ${what}`);
                return;
            }
        }
        assert.fail(`${what} cannot be reached`);
    };
    await press('Tab', 'Skip to the content', 2);
    await page.keyboard.press('Enter');
    await press('Tab', 'Upgrade Monitoring of Rollout');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'Rollout' }).waitFor();
    await press('Tab', 'Suspend');
    await page.keyboard.press('Enter');
    await page.getByText('Suspended', { exact: true }).waitFor();
    await press('Tab', '8671');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: '8671' }).waitFor();
    await press('Tab', 'Upgrade log');
    await page.keyboard.press('Enter');
    await page.getByRole('dialog').waitFor();
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    await page.context().close();
});

test('what happens is said aloud, in sums', async () => {
    const page = await house.page();
    await house.rest('POST', '/plans/1/resume', undefined, [200, 409]);
    await house.go(page, '#/plans/1');
    house.device('8679');
    await until('the live region tells of it', async () => /2 upgraded/.test(await page.locator('[aria-live=polite]').textContent()), 20_000);
    await page.context().close();
});

test('what a device says is only ever text', async () => {
    const page = await house.page();
    const evil = '<img src=x onerror=alert(1)>';
    house.device('8680', ['--model', evil]);
    await until('it has reported', async () => (await house.rest('GET', '/products/demo/devices/8680', undefined, [200, 404])).moduleType === evil);
    await house.go(page, '#/devices/demo/8680');
    await page.getByText(evil).waitFor();
    assert.equal(await page.locator('main img').count(), 0);
    await page.context().close();
});
