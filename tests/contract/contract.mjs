// schema/openapi.yaml as a judge: what differs between an exchange and what the file says of it.
//
//   const contract = readContract();
//   contract.find('GET', '/api/v1/plans/7')     the operation, and the values of its path
//   contract.differences(exchange)              [] or one line for each difference
//   contract.problem(exchange)                  the same for an answer that is an error, of whatever operation
//
// Stricter than JSON Schema: what the file does not name is a difference, be it a status, a media type, a header, a query
// parameter or (all schemas are closed, which closedSchemas() proves) a member.
import { readFileSync } from 'node:fs';
import { Ajv2020 } from 'ajv/dist/2020.js';
import formats from 'ajv-formats';
import { parse } from 'yaml';
import { CONTRACT } from './redocly.mjs';

export const METHODS = ['get', 'head', 'post', 'put', 'delete'];

// What HTTP and the door give to any answer; the contract tells only what a client of an operation acts upon.
const ANY_ANSWER = new Set(['cache-control', 'connection', 'content-encoding', 'content-length', 'content-security-policy', 'content-type',
    'cross-origin-opener-policy', 'date', 'keep-alive', 'referrer-policy', 'transfer-encoding', 'vary', 'x-content-type-options', 'x-request-id']);
const pointer = (...words) => words.map((word) => `/${encodeURIComponent(word.replaceAll('~', '~0').replaceAll('/', '~1'))}`).join('');
const mediaType = (text = '') => text.split(';')[0].trim().toLowerCase();

export class Contract {
    constructor(document) {
        this.document = document;
        this.ajv = new Ajv2020({ strict: false, allErrors: true, verbose: false });
        formats.default(this.ajv);
        this.ajv.addSchema(document, 'contract');
        this.operations = Object.entries(document.paths).flatMap(([path, item]) => METHODS.filter((method) => method in item).map((method) => this.operation(path, method, item)));
    }

    operation(path, method, item) {
        const own = item[method];
        const parameters = [...(item.parameters ?? []), ...(own.parameters ?? [])].map((parameter) => this.resolve(parameter));
        const pattern = new RegExp(`^${path.replace(/[.]/g, '\\.').replace(/{(\w+)}/g, '(?<$1>[^/]+)')}$`);
        return { ...own, path, method, parameters, pattern, id: own.operationId, guarded: own.security === undefined, source: pointer('paths', path, method) };
    }

    resolve(thing) {
        return thing?.$ref === undefined ? thing : thing.$ref.slice(2).split('/').reduce((at, word) => at[word], this.document);
    }

    // HEAD is answered as GET is, where the file has none.
    find(method, path) {
        const named = this.operations.filter((operation) => operation.pattern.test(path));
        const wanted = method.toLowerCase();
        return { path: named.length > 0, operation: named.find((one) => one.method === wanted) ?? (wanted === 'head' ? named.find((one) => one.method === 'get') : undefined) };
    }

    validator(source) {
        return this.ajv.getSchema(`contract#${source}`) ?? this.ajv.compile({ $ref: `contract#${source}` });
    }

    // Lines; `value` against the schema at `source` ("/paths/...").
    against(source, value, what) {
        const valid = this.validator(source);
        return valid(value) ? [] : valid.errors.slice(0, 4).map((error) => `${what}${error.instancePath || '/'} ${error.message} ${JSON.stringify(error.params)}`);
    }

    problem({ response }) {
        if (mediaType(response.headers['content-type']) !== 'application/problem+json') {
            return [`an error of type ${response.headers['content-type']}`];
        }
        return this.against('/components/schemas/Problem', JSON.parse(response.body), 'problem ');
    }

    differences(exchange) {
        const { request, response } = exchange;
        const { path, operation } = this.find(request.method, request.path);
        if (operation === undefined) {
            return this.outside(exchange, path);
        }
        const taken = response.status < 400 ? this.requestDifferences(operation, request) : [];
        return [...taken, ...this.responseDifferences(operation, exchange)];
    }

    // No operation of the file: a 404, a 405 that names the methods, or the answer to OPTIONS.
    outside(exchange, path) {
        const { request, response } = exchange;
        if (request.method === 'OPTIONS' && path) {
            return response.status === 204 && response.headers.allow ? [] : [`OPTIONS answered ${response.status}`];
        }
        const allowed = path && !response.headers.allow ? ['no Allow'] : [];
        return response.status === (path ? 405 : 404) ? [...allowed, ...(request.method === 'HEAD' ? [] : this.problem(exchange))] : [`undocumented: answered ${response.status}`];
    }

    requestDifferences(operation, request) {
        const known = (place) => operation.parameters.filter((one) => one.in === place).map((one) => one.name);
        const strict = operation.path.startsWith('/api/'); // elsewhere unknown ones are not read
        const lines = [...request.query.keys()].filter((name) => strict && !known('query').includes(name)).map((name) => `took the query parameter ${name}`);
        const body = this.resolve(operation.requestBody);
        const type = mediaType(request.headers['content-type']);
        if (request.body === undefined || request.body.length === 0) {
            return body?.required ? [...lines, 'took no body'] : lines;
        }
        if (body === undefined) {
            return lines; // not read, or an empty object
        }
        if (body?.content[type] === undefined) {
            return [...lines, `took a body of type ${type}`];
        }
        return type !== 'application/json' ? lines
            : [...lines, ...this.against(operation.source + pointer('requestBody', 'content', type, 'schema'), JSON.parse(request.body.toString()), 'took ')];
    }

    responseDifferences(operation, { request, response }) {
        const named = operation.responses[response.status];
        if (named === undefined && operation.requestBody === undefined && request.body?.length > 0 && [400, 413, 415].includes(response.status)) {
            return request.method === 'HEAD' ? [] : this.problem({ response }); // the file's introduction says so
        }
        if (named === undefined) {
            return [`undocumented status ${response.status}: ${response.body.toString().slice(0, 200)}`];
        }
        const documented = this.resolve(named);
        const source = named.$ref?.slice(1) ?? operation.source + pointer('responses', String(response.status));
        const headers = Object.fromEntries(Object.entries(documented.headers ?? {}).map(([name, header]) => [name.toLowerCase(), this.resolve(header)]));
        const lines = Object.keys(response.headers).filter((name) => !ANY_ANSWER.has(name) && !(name in headers)).map((name) => `undocumented header ${name}`);
        const missing = Object.entries(headers).filter(([name, header]) => header.required && !(name in response.headers)).map(([name]) => `no header ${name}`);
        return [...lines, ...missing, ...(request.method === 'HEAD' ? [] : this.contentDifferences(documented, source, response))];
    }

    contentDifferences(documented, source, response) {
        const type = mediaType(response.headers['content-type']);
        const types = Object.keys(documented.content ?? {});
        if (types.length === 0 || response.body.length === 0) {
            return types.length === 0 && response.body.length === 0 ? [] : [types.length === 0 ? 'an undocumented body' : 'no body'];
        }
        const one = types.includes(type) ? type : types.includes('*/*') ? '*/*' : undefined;
        if (one === undefined) {
            return [`undocumented type ${type}`];
        }
        const schema = source + pointer('content', one, 'schema');
        if (type === 'text/event-stream') {
            return eventsOf(response.body.toString()).flatMap((event) => this.against(schema, event, 'event '));
        }
        return /[/+]json$/.test(one) ? this.against(schema, JSON.parse(response.body.toString()), '') : [];
    }

    // Object schemas that would take members they do not name.
    openSchemas() {
        const open = [];
        const walk = (schema, at, part) => {
            if (schema === null || typeof schema !== 'object') {
                return;
            }
            if (!part && schema.properties !== undefined && schema.additionalProperties === undefined) {
                open.push(at);
            }
            Object.entries(schema).filter(([key]) => key !== 'example' && key !== 'examples').forEach(([key, inner]) => walk(inner, `${at}/${key}`, part ? key === 'properties' ? false : part : ['allOf', 'anyOf', 'not'].includes(key)));
        };
        walk(this.document.components.schemas, '', false);
        walk(this.document.paths, '/paths', false);
        return open;
    }
}

// The data of all events but the two that are only for the stream itself.
export function eventsOf(text) {
    const blocks = text.split('\n\n').slice(0, -1).map((block) => Object.fromEntries(block.split('\n').map((line) => [line.split(':')[0], line.slice(line.indexOf(':') + 1).trimStart()])));
    return blocks.filter((block) => block.data !== undefined && !['hello', 'reset'].includes(block.event)).map((block) => JSON.parse(block.data));
}

export const readContract = () => new Contract(parse(readFileSync(CONTRACT, 'utf8')));
