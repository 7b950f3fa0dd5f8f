// HTTP exchanges as they went over the wire, kept as HAR 1.2.
import { Agent, request as ask } from 'node:http';
import { gunzipSync } from 'node:zlib';

const SECONDS = 1000;
const TAIL = 65536;
const agent = new Agent({ keepAlive: true, maxSockets: 64 });

// Resolves with {request, response, ms}; rejects when no whole answer came in `timeout` ms. `until(text)`: reads a stream until
// then, looking at the latest 64 KiB. `length`: announces a body that is never sent.
export function exchange(base, { method = 'GET', path, headers = {}, body, length, until, timeout = 30 * SECONDS }) {
    const [bare, query = ''] = path.split('?'); // as it is sent: a URL object would tidy it up
    const bytes = body === undefined ? undefined : Buffer.isBuffer(body) ? body : Buffer.from(typeof body === 'string' ? body : JSON.stringify(body));
    const sent = Object.fromEntries(Object.entries({
        ...(bytes !== undefined && typeof body === 'object' && !Buffer.isBuffer(body) ? { 'content-type': 'application/json' } : {}),
        ...(bytes !== undefined ? { 'content-length': String(bytes.length) } : {}),
        ...(length !== undefined ? { 'content-length': String(length), expect: '100-continue' } : {}),
        ...headers,
    }).map(([name, value]) => [name.toLowerCase(), value]));
    const begun = Date.now();
    return new Promise((resolve, reject) => {
        const call = ask(base, { method, path, headers: sent, agent: until || length ? false : agent });
        const clock = setTimeout(() => call.destroy(new Error(`${method} ${path}: no answer in ${timeout} ms`)), timeout);
        call.on('error', (error) => { clearTimeout(clock); reject(error); });
        call.on('response', (response) => {
            const parts = [];
            let tail = '';
            const finish = () => {
                clearTimeout(clock);
                const whole = Buffer.concat(parts);
                resolve({
                    request: { method, url: new URL(base).origin + path, path: bare, query: new URLSearchParams(query), headers: sent, body: bytes },
                    response: { status: response.statusCode, text: response.statusMessage, headers: response.headers, body: response.headers['content-encoding'] === 'gzip' && whole.length > 0 ? gunzipSync(whole) : whole }, ms: Date.now() - begun, begun,
                });
            };
            response.on('data', (part) => {
                parts.push(part);
                tail = until && (tail + part).slice(-TAIL);
                if (until?.(tail)) {
                    finish();
                    call.destroy();
                }
            });
            response.on('end', () => { finish(); if (length) { call.destroy(); } });
            response.on('error', reject);
        });
        if (length === undefined) {
            call.end(bytes);
        } else {
            call.flushHeaders();
        }
    });
}

const pairs = (headers) => Object.entries(headers).flatMap(([name, value]) => [value].flat().map((one) => ({ name, value: String(one) })));

function content(headers, body) {
    const text = /^(text\/|application\/(problem\+)?json|application\/xml)/.test(headers['content-type'] ?? '');
    return { size: body.length, mimeType: headers['content-type'] ?? '', text: body.toString(text ? 'utf8' : 'base64'), ...(text ? {} : { encoding: 'base64' }) };
}

const entryOf = ({ request, response, ms, begun }) => ({
    startedDateTime: new Date(begun).toISOString(), time: ms, cache: {}, timings: { send: 0, wait: ms, receive: 0 },
    request: {
        method: request.method, url: request.url, httpVersion: 'HTTP/1.1', cookies: [], headers: pairs(request.headers), queryString: [...request.query].map(([name, value]) => ({ name, value })), headersSize: -1, bodySize: request.body?.length ?? 0,
        ...(request.body === undefined ? {} : { postData: { mimeType: request.headers['content-type'] ?? '', text: request.body.toString('latin1') } }),
    },
    response: { status: response.status, statusText: response.text, httpVersion: 'HTTP/1.1', cookies: [], headers: pairs(response.headers), content: content(response.headers, response.body), redirectURL: '', headersSize: -1, bodySize: response.body.length },
});

export const harOf = (exchanges) => ({ log: { version: '1.2', creator: { name: 'mockdc tests/contract', version: '1' }, entries: exchanges.map(entryOf) } });
