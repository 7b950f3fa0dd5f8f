// The contract for people, /docs: all of it, from this server alone, and "try" with the token.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { open, shoot, until } from './harness.mjs';

const TOKEN = 'token-of-the-house';
let house;
let contract;
before(async () => {
    house = await open('--ephemeral', '--api-token', TOKEN);
    house.headers = { Authorization: `Bearer ${TOKEN}` };
    contract = await (await fetch(`${house.server.http}/openapi.json`)).json();
    await house.rest('POST', '/products', { name: 'Pumps', productKey: 'pumps42', productSecret: 'secret-of-pumps' });
});
after(() => house.close()); // fails when the browser complained or a request left for another host

const operations = () => Object.values(contract.paths).flatMap((item) => Object.entries(item).filter(([method]) => method !== 'parameters').map(([, operation]) => operation));

async function docs({ token, ...options } = {}) {
    const page = await house.page(options);
    if (token !== undefined) {
        await page.addInitScript((text) => sessionStorage.setItem('mockdc.token', text), token);
    }
    await page.goto(`${house.server.http}/docs`);
    await page.locator('#nav-bar-search').waitFor({ timeout: 30_000 }); // it draws the whole contract at once
    return page;
}

test('every operation of the contract is shown', async () => {
    const page = await docs();
    await until('all operations', async () => (await page.locator('.expanded-endpoint-body').count()) === operations().length);
    const shown = await page.locator('.nav-bar-path').allInnerTexts();
    for (const { summary } of operations()) {
        assert.ok(shown.some((text) => text.includes(summary)), `not in the list: ${summary}`);
    }
    await shoot(page, 'docs-light');
    await page.context().close();
});

test('the filter leaves what it names', async () => {
    const page = await docs();
    await until('all operations', async () => (await page.locator('.nav-bar-path:visible').count()) === operations().length);
    await page.locator('#nav-bar-search').fill('whitelist');
    await page.keyboard.press('Enter');
    await until('a few', async () => (await page.locator('.nav-bar-path:visible').count()) === 2);
    await page.context().close();
});

const tryProducts = async (page) => {
    const call = page.locator('.expanded-endpoint-body').filter({ hasText: 'Products, by key' });
    const [answer] = await Promise.all([page.waitForResponse((seen) => new URL(seen.url()).pathname === '/api/v1/products'), call.getByRole('button', { name: 'TRY', exact: true }).click()]);
    return { call, answer };
};

test('a call can be tried with the token that the page was given', async () => {
    const page = await docs({ token: TOKEN, colorScheme: 'dark' });
    const { call, answer } = await tryProducts(page);
    assert.equal(answer.status(), 200);
    await call.getByText('pumps42').first().waitFor();
    assert.equal(await page.locator('rapi-doc').getAttribute('theme'), 'dark');
    await shoot(page, 'docs-dark');
    await page.context().close();
});

test('without the token it is refused, and says so', async () => {
    const page = await docs();
    const { call, answer } = await tryProducts(page);
    assert.equal(answer.status(), 401);
    await call.getByText('send \'Authorization: Bearer TOKEN\'').first().waitFor(); // only the answer's detail says so
    await page.context().close();
});
