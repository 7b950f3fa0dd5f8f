// What every operation does alike, asked of every operation: the failures that no story needs to tell.
import { TOKEN } from './house.mjs';

// Names that are there, and names that are not.
const KNOWN = { pk: 'demo', dk: '8671', id: '1', vid: '1', name: 'app.js' };
const UNKNOWN = { pk: 'nothere', dk: 'nothere', id: '99999', vid: '99999', name: 'nothing.js' };
const TOO_LARGE = 600 * 1024 * 1024; // more than any call takes

const pathOf = (operation, values) => operation.path.replace(/{(\w+)}/g, (_, name) => values[name]);

// A body that the schema takes, from the file's own examples.
function exampleOf(contract, operation) {
    const body = contract.resolve(operation.requestBody);
    const json = body?.content['application/json'];
    return body === undefined || json === undefined ? undefined : json.example;
}

export async function sweep(house, contract) {
    for (const operation of contract.operations) {
        const method = operation.method.toUpperCase();
        const path = pathOf(operation, KNOWN);
        if (operation.guarded) {
            await house.send({ method, path, anonymous: true });
            await house.send({ method, path, anonymous: true, headers: { authorization: `Bearer ${TOKEN.slice(1)}` } });
        }
        if ('400' in operation.responses) {
            await house.send({ method, path: `${path}?${operation.path.startsWith('/api/') ? 'no-such-parameter=1' : 'cut-off=%'}` });
        }
        if ('403' in operation.responses) {
            await house.send({ method, path, headers: { origin: 'http://stranger.example' } });
        }
        if (operation.path.includes('{')) {
            await house.send({ method, path: pathOf(operation, UNKNOWN), body: exampleOf(contract, operation) });
        }
        if (operation.requestBody !== undefined) {
            await house.send({ method, path, body: 'text', headers: { 'content-type': 'text/plain' } });
            await house.send({ method, path, length: TOO_LARGE, headers: { 'content-type': Object.keys(operation.requestBody.content)[0] + '; boundary=x' } });
            await house.send({ method, path, body: '{', headers: { 'content-type': 'application/json' } });
        }
        await house.send({ method: 'OPTIONS', path });
        await house.send({ method: 'PATCH', path });
    }
    await house.send({ path: '/api/v1/nothing' });
    await house.send({ path: '/nothing' });
}
