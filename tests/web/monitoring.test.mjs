// Upgrade Monitoring as a person sees it: upgrades that succeed, fail, wait; suspend, resume and terminate.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { checkAccess, open, shoot, until } from './harness.mjs';

let house;
before(async () => {
    house = await open('--ephemeral');
});
after(() => house.close());

const bar = (page, name) => page.getByRole('button', { name: new RegExp(`^${name} `) });
const counts = async (page) => Object.fromEntries(await Promise.all(['Upgrade failed', 'Upgraded', 'In upgrade', 'Non-upgraded'].map(async (name) => [name, Number(await bar(page, name).locator('b').textContent())])));

test('from the empty list to a device that has upgraded, without a reload', async () => {
    const page = await house.page();
    await house.go(page, '#/plans');
    await page.getByText('No upgrade plan yet').waitFor();
    await shoot(page, 'plans-empty');
    const { plan } = await house.demo({ strategy: { retries: 1, minSignal: -113, minBattery: 30, timeoutMinutes: 60 } });
    await page.getByRole('link', { name: 'Rollout', exact: true }).click();
    await page.getByText('No device belongs to this plan yet').waitFor();
    const steps = new Set();
    house.device('8671');
    const row = page.getByRole('row').filter({ hasText: '8671' });
    await row.waitFor();
    await row.getByText(/STM32: upgrading/).waitFor();
    await shoot(page, 'monitoring-upgrading');
    await row.getByRole('link', { name: '8671', exact: true }).click();
    const stepper = page.getByRole('list', { name: 'Steps of STM32' });
    await until('the stepper is through', async () => {
        steps.add(await stepper.locator('[aria-current=step]').textContent({ timeout: 200 }).catch(() => ''));
        return (await stepper.textContent()).includes('Success (done)');
    }, 30_000);
    assert.ok([...steps].some((step) => step.startsWith('Upgrading')), `steps seen: ${[...steps]}`);
    await page.getByRole('button', { name: /Upgrade log/ }).click();
    const log = page.getByRole('dialog');
    await log.getByText('Succeeded').waitFor();
    for (const word of ['Plan sent to the device', 'Device confirmed', 'Download address sent', 'Downloaded', 'Installing']) {
        await log.getByText(word).first().waitFor();
    }
    await shoot(page, 'device-in-plan-log');
    await checkAccess(page, 'the upgrade log');
    await page.keyboard.press('Escape');
    await shoot(page, 'device-in-plan-upgraded');
    await house.go(page, `#/plans/${plan.id}`);
    await until('it counts as upgraded', async () => (await counts(page)).Upgraded === 1);
    await page.context().close();
});

test('one that fails says why', async () => {
    const page = await house.page();
    await house.go(page, '#/plans/1');
    house.device('8672', ['--flash', 'fail']);
    const row = page.getByRole('row').filter({ hasText: '8672' });
    await row.getByText(/attempt 2/).waitFor({ timeout: 20_000 });
    await house.rest('GET', '/plans/1/devices/8672?waitFor=failed&timeout=60');
    await row.getByText('Upgrade failed').waitFor();
    await row.getByText('The device could not install it').waitFor();
    await page.getByText('Why they wait or failed').waitFor();
    await shoot(page, 'monitoring-failed');
    await row.getByRole('link', { name: '8672', exact: true }).click();
    const stepper = page.getByRole('list', { name: 'Steps of STM32' });
    assert.match(await stepper.textContent(), /failed here/);
    await shoot(page, 'device-in-plan-failed');
    await page.context().close();
});

test('breaches of the protocol are told where the device is shown, as they happen', async () => {
    const page = await house.page();
    await house.rest('POST', '/products/demo/devices', { deviceKey: '869123045678901' });
    await house.go(page, '#/plans/1');
    const row = page.getByRole('row').filter({ hasText: '869123045678901' });
    await row.waitFor();
    assert.equal(await row.getByText('protocol warning').count(), 0);
    const devices = await house.page();
    await house.go(devices, '#/devices?product=demo');
    const listed = devices.getByRole('row').filter({ hasText: '869123045678901' });
    await listed.waitFor();
    house.device('869123045678901', ['--disorder']);
    await row.getByText('protocol warning').waitFor({ timeout: 20_000 });
    await listed.getByText('protocol warning').waitFor();
    await shoot(page, 'monitoring-warning');
    const [cell, mark] = await Promise.all([row.getByRole('cell').first(), row.locator('.warning-mark')].map((part) => part.boundingBox()));
    assert.ok(mark.x + mark.width <= cell.x + cell.width, 'the mark is not cut off behind a long key');
    const told = async (path) => (await house.rest('GET', path)).warnings;
    const [rule] = await until('the API has it', async () => (await told('/plans/1/devices/869123045678901'))[0] && told('/plans/1/devices/869123045678901'));
    await row.getByRole('link', { name: '869123045678901', exact: true }).click();
    for (const address of [undefined, '#/devices/demo/869123045678901']) {
        if (address !== undefined) {
            await house.go(page, address);
        }
        const warnings = page.getByRole('region', { name: 'Breaches of the protocol' }).first();
        await warnings.getByRole('row').filter({ hasText: rule.rule }).first().waitFor();
        await shoot(page, address === undefined ? 'device-in-plan-warnings' : 'device-warnings');
        await checkAccess(page, 'breaches of the protocol');
    }
    await page.getByRole('link', { name: 'In the journal' }).click();
    await page.locator('.journal').getByText(rule.rule).first().waitFor();
    assert.match(page.url(), /#\/journal\?productKey=demo&deviceKey=869123045678901&kind=warning$/);
    await house.go(page, '#/devices?product=demo');
    await page.getByRole('row').filter({ hasText: '869123045678901' }).getByText('protocol warning').waitFor();
    await page.context().close();
    await devices.context().close();
});

test('why a device waits', async () => {
    const page = await house.page();
    house.device('8673', ['--rsrp', '-125']);
    await house.go(page, '#/plans/1');
    const row = page.getByRole('row').filter({ hasText: '8673' });
    await row.getByText('The signal is too weak').waitFor();
    await row.getByRole('link', { name: '8673', exact: true }).click();
    await page.getByText('It is not notified now. The signal is too weak.').waitFor();
    const rule = page.getByRole('listitem').filter({ hasText: 'Enough signal' });
    assert.match(await rule.textContent(), /No: this holds it back.*expected: .*-113.*actual: .*-125/s);
    await shoot(page, 'why-not');
    await page.context().close();
});

test('suspend, resume, and a termination that asks first', async () => {
    const page = await house.page();
    await house.go(page, '#/plans/1');
    await page.getByRole('button', { name: 'Suspend', exact: true }).click();
    await page.getByText('Suspended', { exact: true }).waitFor();
    await page.getByRole('button', { name: 'Resume' }).click();
    await page.getByRole('button', { name: 'Suspend', exact: true }).waitFor();
    await page.getByRole('button', { name: 'Forced termination' }).click();
    const question = page.getByRole('dialog', { name: 'Forced termination?' });
    assert.match(await question.textContent(), /curl -X POST .*\/plans\/1\/terminate/);
    await shoot(page, 'termination-question');
    await question.getByRole('button', { name: 'Cancel' }).click();
    assert.equal((await house.rest('GET', '/plans/1')).status, 'upgrading');
    await page.getByRole('button', { name: 'Forced termination' }).click();
    await question.getByRole('button', { name: 'Forced termination', exact: true }).click();
    await page.getByText('Terminated', { exact: true }).waitFor();
    await page.getByRole('row').filter({ hasText: '8673' }).getByText('The plan was terminated').waitFor();
    await page.getByRole('button', { name: 'REST calls' }).click();
    const calls = await page.getByRole('dialog').textContent();
    for (const path of ['suspend', 'resume', 'terminate']) {
        assert.match(calls, new RegExp(`200 POST /plans/1/${path}`));
    }
    await shoot(page, 'rest-calls');
    await page.context().close();
});

test('search and filter stay in the address', async () => {
    const page = await house.page();
    await house.go(page, '#/plans/1');
    await page.getByLabel('Search device keys').fill('8671');
    await until('only one row', async () => (await page.locator('.virtual-scroll .virtual-row').count()) === 1);
    await page.getByLabel('Search device keys').fill('');
    await bar(page, 'Upgrade failed').click();
    assert.match(page.url(), /status=failed/);
    await page.reload();
    await page.getByRole('row').filter({ hasText: '8672' }).waitFor();
    assert.equal(await page.getByRole('row').filter({ hasText: '8671' }).count(), 0);
    await page.context().close();
});
