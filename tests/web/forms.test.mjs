// Every form, and each of its refusals in the server's own words at the member that it names.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { checkAccess, errorAt, open, PRODUCT, shoot, until } from './harness.mjs';

let house;
before(async () => {
    house = await open('--ephemeral');
    await house.rest('POST', '/products', PRODUCT);
});
after(() => house.close());

test('a product: refused, then made; its secret only on demand', async () => {
    const page = await house.page();
    await house.go(page, '#/products');
    await page.getByRole('button', { name: 'New product' }).click();
    const dialog = page.getByRole('dialog', { name: 'New product' });
    await dialog.getByLabel('Name', { exact: true }).fill('Second');
    await dialog.getByLabel('Product key').fill('no good!');
    await dialog.getByRole('button', { name: 'Create' }).click();
    await until('the server names the key', async () => /letters and digits/.test(await errorAt(page, 'Product key').catch(() => '')));
    await checkAccess(page, 'a refused product');
    await dialog.getByLabel('Product key').fill('second');
    await dialog.getByLabel('Product secret').fill('not-shown-yet');
    await dialog.getByRole('button', { name: 'Create' }).click();
    await page.getByRole('row').filter({ hasText: 'Second' }).waitFor();
    assert.ok(!(await page.locator('main').textContent()).includes('not-shown-yet'));
    await page.getByRole('button', { name: 'Show the secret of second' }).click();
    await page.getByText('not-shown-yet').waitFor();
    await page.context().close();
});

const file = (name, size = 2000) => ({ name, mimeType: 'application/octet-stream', buffer: Buffer.alloc(size, 7) });

async function packageForm(page, members, files) {
    await house.go(page, '#/packages/new');
    await page.locator('option[value=demo]').waitFor({ state: 'attached' });
    for (const [label, value] of Object.entries({ Name: 'Motor 2.0.0', 'Target version': '2_0_0', ...members })) {
        await page.getByLabel(label, { exact: true }).fill(value);
    }
    await page.getByLabel('Product', { exact: true }).selectOption(members.product ?? 'demo');
    await page.getByLabel('Firmware files').setInputFiles(files);
    await page.getByRole('button', { name: 'Upload' }).click();
}

test('an upload, with each refusal at its member', async () => {
    const page = await house.page();
    const refusals = [
        ['Name', { Name: '' }, [file('a.bin')], /1 to 100 characters/],
        ['Target version', { 'Target version': 'a b' }, [file('a.bin')], /letters, digits/],
        ['Target version', { 'Target version': 'v'.repeat(65) }, [file('a.bin')], /at most 64/],
        ['Remarks', { Remarks: 'x'.repeat(201) }, [file('a.bin')], /200/],
        ['Firmware files', {}, [], /1 to 5 files/],
        ['Firmware files', {}, Array.from({ length: 6 }, (_, i) => file(`f${i}.bin`)), /1 to 5 files/],
        ['Firmware files', {}, [file('a.exe')], /bin/],
        ['Firmware files', {}, [file('a.bin', 0)], /empty/],
    ];
    for (const [label, members, files, wanted] of refusals) {
        await packageForm(page, members, files);
        const seen = await until(`${label} is refused`, async () => errorAt(page, label).catch(() => ''));
        assert.match(seen, wanted, label);
    }
    await shoot(page, 'package-refused');
    await checkAccess(page, 'a refused package');
    assert.equal((await house.rest('GET', '/packages')).items.length, 0);
    await packageForm(page, {}, [file('motor.bin', 3_000_000)]);
    await page.getByRole('heading', { name: 'Motor 2.0.0', level: 1 }).waitFor();
    await page.getByText('2.9 MiB').first().waitFor();
    await page.getByRole('button', { name: 'Check files' }).click();
    await page.getByText('All files are as they were uploaded.').waitFor();
    await packageForm(page, {}, [file('motor.bin')]);
    await until('the name is taken', async () => /name/i.test(await page.getByRole('alert').first().textContent()));
    await page.context().close();
});

test('files can be dropped, and taken away again', async () => {
    const page = await house.page();
    await house.go(page, '#/packages/new');
    await page.evaluate(() => {
        const transfer = new DataTransfer();
        transfer.items.add(new File(['abc'], 'dropped.bin'));
        document.querySelector('.drop').dispatchEvent(new DragEvent('drop', { bubbles: true, cancelable: true, dataTransfer: transfer }));
    });
    await page.getByText('dropped.bin', { exact: true }).waitFor();
    await page.getByRole('button', { name: 'Remove dropped.bin' }).click();
    await until('it is gone', async () => (await page.getByText('dropped.bin', { exact: true }).count()) === 0);
    await page.context().close();
});

async function planForm(page, fill) {
    await house.go(page, '#/plans/new?product=demo');
    await page.locator('option', { hasText: 'Motor 2.0.0' }).waitFor({ state: 'attached' });
    await page.getByLabel('Name', { exact: true }).fill('From the form');
    await page.getByLabel('Time zone').fill('Europe/Berlin');
    await page.getByLabel('Identifier').fill('STM32');
    await page.getByLabel('Component name').fill('Motor');
    await page.getByLabel('Package', { exact: true }).selectOption({ index: 1 });
    await fill?.(page);
    await page.getByRole('button', { name: 'Save' }).click();
}

test('a plan, with each refusal at its member', async () => {
    const page = await house.page();
    const put = (label, value) => (view) => view.getByLabel(label, { exact: true }).fill(value);
    const refusals = [
        ['Name', put('Name', '')], ['Time zone', put('Time zone', 'Mars/Base')], ['Identifier', put('Identifier', 'a;b')], ['Component name', put('Component name', '')],
        ['Package', (view) => view.getByLabel('Package', { exact: true }).selectOption('')], ['Sequence', put('Sequence', '')],
        ['Retries', put('Retries', '6')], ['Signal at least (dBm)', put('Signal at least (dBm)', '-20')], ['Battery at least (%)', put('Battery at least (%)', '101')], ['Minutes for an attempt', put('Minutes for an attempt', '0')],
        ['Push period from', (view) => view.getByLabel('Push period to').selectOption('06:00')],
        ['Push period to', async (view) => { await view.getByLabel('Push period from').selectOption('06:00'); await view.getByLabel('Push period to').selectOption('06:00'); }],
        ['Planned end', async (view) => { await view.getByLabel('Planned start').fill('2030-01-02T10:00'); await view.getByLabel('Planned end').fill('2030-01-01T10:00'); }],
        ['Whitelist', put('Whitelist', 'not-a-key!')], ['Blacklist', put('Blacklist', 'A1\nA1')],
    ];
    for (const [label, fill] of refusals) {
        await planForm(page, fill);
        await until(`the server names ${label}`, async () => (await errorAt(page, label).catch(() => '')) !== '').catch(async (error) => {
            throw new Error(`${error.message}: ${await page.getByRole('alert').allTextContents()}`);
        });
    }
    await planForm(page, (view) => view.getByLabel('Mode').selectOption('manual'));
    await until('the texts are missed', async () => (await page.getByRole('group', { name: 'Upgrade text' }).locator('.error').count()) > 0);
    await shoot(page, 'plan-refused');
    await checkAccess(page, 'a refused plan');
    assert.equal((await house.rest('GET', '/plans')).items.length, 0);
    await page.context().close();
});

test('a plan with everything, then edited', async () => {
    const page = await house.page();
    await planForm(page, async (view) => {
        await view.getByLabel('Push period from').selectOption('22:00');
        await view.getByLabel('Push period to').selectOption('06:00');
        await view.getByLabel('Planned start').fill('2030-01-01T10:00');
        await view.getByLabel('Retries').fill('2');
        await view.getByLabel('Whitelist', { exact: true }).fill('A1\nB2');
        await view.getByRole('button', { name: 'Add zh and en' }).click();
        await view.getByLabel('Text', { exact: true }).nth(0).fill('新');
        await view.getByLabel('Text', { exact: true }).nth(1).fill('New');
    });
    await page.getByRole('heading', { name: 'From the form' }).waitFor();
    const [{ id }] = (await house.rest('GET', '/plans')).items;
    const plan = await house.rest('GET', `/plans/${id}`);
    assert.deepEqual([plan.pushPeriod, plan.plannedTime.start, plan.strategy.retries, plan.whitelistCount, plan.upgradeText], [{ start: '22:00', end: '06:00' }, '2030-01-01T10:00', 2, 2, { zh: '新', en: 'New' }]);
    await page.getByRole('link', { name: 'Edit' }).click();
    await page.getByLabel('Name', { exact: true }).fill('Edited');
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByRole('heading', { name: 'Edited', level: 1 }).waitFor();
    assert.deepEqual(await house.rest('GET', `/plans/${id}`), { ...plan, name: 'Edited' });
    await page.context().close();
});

test('the clock: advanced to the next evaluation, set, given back', async () => {
    const page = await house.page();
    await house.go(page, '#/clock?product=demo');
    await page.getByLabel('Mode').selectOption('manual');
    await page.getByRole('button', { name: 'Set', exact: true }).click();
    await page.getByText('a clock of its own').waitFor();
    const { nextEvaluationAt } = await house.rest('GET', '/products/demo/clock');
    await page.getByRole('button', { name: 'To the next evaluation' }).click();
    const row = page.getByRole('row').filter({ hasText: 'Evaluation of plans' });
    await row.first().waitFor();
    assert.equal((await house.rest('GET', '/products/demo/clock')).now, nextEvaluationAt);
    await page.getByRole('button', { name: '+ 1 day' }).click();
    await until('a day of evaluations', async () => (await row.count()) > 100);
    await shoot(page, 'clock-fired');
    await page.getByRole('button', { name: "Follow the server's clock" }).click();
    await page.getByText("the server's clock", { exact: true }).waitFor();
    await page.getByRole('button', { name: 'Evaluate now' }).click();
    await page.getByText(/devices? looked at, 0 notified/).first().waitFor();
    await page.context().close();
});

test('a manual upgrade: a window that is too short, a yes, a no', async () => {
    const [{ id: packageId }] = (await house.rest('GET', '/packages')).items;
    const plan = await house.plan(packageId, { name: 'Asks', mode: 'manual', timeZone: 'Europe/Berlin', upgradeText: { zh: '新', en: 'New' } });
    await house.rest('POST', `/plans/${plan.id}/activate`);
    house.device('9001');
    house.device('9002');
    await until('both wait', async () => (await house.rest('GET', `/plans/${plan.id}/statistics`)).byReason.userConfirmed === 2);
    const page = await house.page();
    await house.go(page, '#/devices/demo/9001');
    await page.getByText('Waits for its user').first().waitFor();
    await shoot(page, 'device-waiting');
    await page.getByLabel("From (plan's zone)").fill('2030-01-01T10:00');
    await page.getByLabel("To (plan's zone)").fill('2030-01-01T10:30');
    await page.getByRole('button', { name: 'Confirm', exact: true }).click();
    await until('an hour is wanted', async () => /hour/.test(await errorAt(page, "To (plan's zone)").catch(() => '')));
    await page.getByLabel("From (plan's zone)").fill('');
    await page.getByLabel("To (plan's zone)").fill('');
    await page.getByRole('button', { name: 'Confirm', exact: true }).click();
    await house.rest('GET', `/plans/${plan.id}/devices/9001?waitFor=upgraded&timeout=20`);
    await house.go(page, '#/devices/demo/9002');
    await page.getByRole('button', { name: 'Decline' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Decline', exact: true }).click();
    await house.rest('GET', `/plans/${plan.id}/devices/9002?waitFor=failed&timeout=20`);
    await page.context().close();
});

test('a verification on one device', async () => {
    const [{ id }] = (await house.rest('GET', '/packages')).items;
    house.device('9003');
    const page = await house.page();
    await house.go(page, `#/packages/${id}`);
    await page.locator('datalist option[value="9003"]').waitFor({ state: 'attached' });
    await page.getByLabel('Device', { exact: true }).fill('9003');
    await page.getByLabel('Component', { exact: true }).fill('STM32');
    await page.getByRole('button', { name: 'Verify' }).click();
    await page.getByRole('cell', { name: 'succeeded' }).waitFor({ timeout: 20_000 });
    await page.getByRole('button', { name: /Log of verification/ }).click();
    await page.getByText(/^Succeeded/).waitFor();
    await shoot(page, 'verification');
    await page.context().close();
});

test('a product exported, then reset: a question that says what goes, all of it gone, and back by the file', async () => {
    await house.rest('POST', '/faults', { point: 'ota.url', action: { type: 'drop' }, match: { productKey: 'demo' } });
    const page = await house.page();
    const watching = await house.page();
    await house.go(watching, '#/devices?product=demo');
    await watching.getByRole('row').filter({ hasText: '9001' }).waitFor();
    await house.go(page, '#/products');
    const waiting = page.waitForEvent('download');
    await page.getByRole('link', { name: 'Export demo' }).click();
    const file = await waiting;
    assert.equal(file.suggestedFilename(), 'product-demo.json');
    const state = JSON.parse(readFileSync(await file.path(), 'utf8'));
    assert.deepEqual([state.format, state.products.map(({ productKey }) => productKey)], ['mockdc-export', ['demo']]);
    await page.getByRole('button', { name: 'Reset demo' }).click();
    const question = page.getByRole('dialog', { name: 'Reset demo?' });
    const text = await question.textContent();
    for (const word of [/keeps its name and its keys/, /devices/, /packages/, /plans/, /faults/, /journal/, /clock/, /curl -X POST .*\/products\/demo\/reset/]) {
        assert.match(text, word);
    }
    await shoot(page, 'reset-question');
    await checkAccess(page, 'the question of a reset');
    await question.getByRole('button', { name: 'Reset', exact: true }).click();
    await page.getByText(/Product demo is as new: \d+ devices, 1 package, \d+ plans?, 1 fault and \d+ entries of the journal went/).first().waitFor();
    assert.equal((await house.rest('GET', '/plans?productKey=demo')).items.length, 0);
    await until('who looks sees it go', async () => (await watching.getByRole('row').filter({ hasText: '9002' }).count()) === 0);
    await house.go(page, '#/faults?productKey=demo');
    await page.getByText('No fault names this product').waitFor();
    for (const child of house.children) {
        child.kill('SIGTERM'); // else a device may come back by itself before the file does
    }
    await house.rest('POST', '/import?replace=true', state);
    await house.go(page, '#/faults?productKey=demo');
    await page.getByRole('row').filter({ hasText: 'Never send it' }).waitFor();
    await house.go(page, '#/devices?product=demo');
    await page.getByRole('row').filter({ hasText: '9002' }).waitFor();
    await page.context().close();
    await watching.context().close();
});
