// Requests for fast-check, from the contract: what an operation takes, and what is nearly that, and what is nothing like it.
import fc from 'fast-check';

// Odd texts: NULs, controls, other planes, lone combining marks, long, numbers that are none.
const ODD = ['', ' ', '\u0000', 'a\u0000b', '\u202e', '\ufeff', '😀', 'e\u0301\u0301', '\uffff', "'; DROP TABLE plan;--", '<b>', '%s%n', '../../etc/passwd', '%00', '-0', '1e999', 'null', 'a'.repeat(5000), '\r\nX: y'];
export const text = fc.oneof({ weight: 3, arbitrary: fc.string({ unit: 'grapheme' }) }, { weight: 2, arbitrary: fc.constantFrom(...ODD) }, { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 40 }) });
const number = fc.oneof(fc.integer(), fc.double(), fc.constantFrom(0, -1, 2 ** 31, 2 ** 53, -(2 ** 63), 2 ** 63, 1e308, 5e-324));
const anything = fc.oneof(text, number, fc.boolean(), fc.constant(null), fc.jsonValue(), fc.constant([]), fc.constant({}));

// Values by the schema; `known` has, by the name of a member, what is there in the server.
export class Values {
    constructor(contract, known) {
        this.contract = contract;
        this.known = known;
    }

    of(given, name) {
        const schema = this.contract.resolve(given);
        const made = this.made(schema, name);
        return name in this.known ? fc.oneof({ weight: 3, arbitrary: fc.constantFrom(...this.known[name]) }, { weight: 1, arbitrary: made }) : made;
    }

    made(schema) {
        if (schema.const !== undefined || schema.enum !== undefined) {
            return fc.constantFrom(...(schema.enum ?? [schema.const]));
        }
        const types = [schema.type ?? 'string'].flat();
        return types.length > 1 ? fc.oneof(...types.map((type) => this.typed(type, schema))) : this.typed(types[0], schema);
    }

    typed(type, schema) {
        const { minimum, maximum, minLength = 0, maxLength = 60, minItems = 0, maxItems = 4 } = schema;
        switch (type) {
        case 'null': return fc.constant(null);
        case 'boolean': return fc.boolean();
        case 'integer': return fc.integer({ min: minimum ?? -5, max: maximum ?? 1000 });
        case 'number': return fc.double({ min: minimum ?? -5, max: maximum ?? 1e6, noNaN: true });
        case 'array': return fc.array(this.of(schema.items), { minLength: minItems, maxLength: Math.min(maxItems, 4) });
        case 'object': return this.object(schema);
        default:
            return schema.pattern ? fc.stringMatching(new RegExp(schema.pattern)) : schema.format === 'date-time' ? fc.date({ min: new Date('1970-01-01'), max: new Date('2100-01-01'), noInvalidDate: true }).map((date) => date.toISOString())
                : fc.string({ minLength, maxLength: Math.min(maxLength, 60) });
        }
    }

    object(schema) {
        const members = Object.fromEntries(Object.entries(schema.properties ?? {}).map(([name, inner]) => [name, this.of(inner, name)]));
        const one = fc.record(members, { requiredKeys: schema.required ?? [] });
        if (typeof schema.additionalProperties === 'object') {
            return fc.dictionary(fc.constantFrom('zh', 'en', 'de', 'pt-BR'), this.of(schema.additionalProperties), { maxKeys: 4 });
        }
        // {anyOf: [{required: [a]}, {required: [b]}]}: one of them
        const choices = schema.anyOf?.map(({ required }) => required[0]);
        return choices === undefined ? one : fc.constantFrom(...choices).chain((name) => members[name].filter((value) => value !== null).map((value) => ({ [name]: value })));
    }
}

function places(value, at = []) {
    const inner = value !== null && typeof value === 'object' ? Object.entries(value).flatMap(([key, item]) => places(item, [...at, key])) : [];
    return [at, ...inner];
}

// One place of the value replaced, removed or given a stranger as neighbour.
function mutate(value, turn, kind, stuff) {
    const copy = structuredClone(value);
    const all = places(copy).filter((at) => at.length > 0);
    if (all.length === 0) {
        return stuff;
    }
    const at = all[turn % all.length];
    const parent = at.slice(0, -1).reduce((node, key) => node[key], copy);
    if (kind === 'remove') {
        Array.isArray(parent) ? parent.splice(Number(at.at(-1)), 1) : delete parent[at.at(-1)];
    } else if (kind === 'replace' || Array.isArray(parent)) {
        parent[at.at(-1)] = stuff;
    } else {
        parent[typeof stuff === 'string' && stuff !== '__proto__' ? stuff : 'stranger'] = stuff;
    }
    return copy;
}

const mutated = (valid) => fc.tuple(valid, fc.nat(), fc.constantFrom('replace', 'replace', 'remove', 'add'), anything).map(([value, turn, kind, stuff]) => JSON.stringify(mutate(value, turn, kind, stuff)) ?? 'null');

const nested = fc.tuple(fc.constantFrom(['[', ']'], ['{"a":', '}'], ['[[{"name":', '}]]']), fc.constantFrom(10, 127, 500, 2048, 3000, 100_000), fc.boolean()).map(([[open, close], depth, whole]) => open.repeat(depth) + (whole ? '1' + close.repeat(depth) : ''));
const rawJson = fc.constantFrom('', '{', '[', 'nul', '{"name":1e400}', '{"name":-99999999999999999999999}', '{"name":"a","name":"b"}', '"\\ud800"', '{"name":"\\u0000"}', '{"\\u0000":1}', '[1,]', '\ufeff{}', '{}{}', '{"name": 1.0000000000000000000001}', '0x10', 'NaN');
const bytes = fc.uint8Array({ maxLength: 300 }).map((array) => Buffer.from(array));

// {text, valid?}: `valid` when the schema takes it.
export const jsonBody = (valid) => fc.oneof(
    { weight: 4, arbitrary: valid.map((value) => ({ body: JSON.stringify(value), valid: true })) },
    { weight: 4, arbitrary: mutated(valid).map((body) => ({ body })) },
    { weight: 1, arbitrary: fc.json().map((body) => ({ body })) },
    { weight: 1, arbitrary: fc.oneof(rawJson, nested, text).map((body) => ({ body })) },
    { weight: 1, arbitrary: bytes.map((body) => ({ body })) });

const part = (name, type, content, file) => Buffer.concat([Buffer.from(`--edge\r\nContent-Disposition: form-data; name="${name}"${file === undefined ? '' : `; filename="${file}"`}\r\n${type}\r\n`), content, Buffer.from('\r\n')]);

// A form as POST /packages takes it, nearly; `cut` loses its end.
export const formBody = (valid) => fc.record({
    json: jsonBody(valid), files: fc.array(fc.tuple(fc.oneof(fc.constantFrom('a.bin', 'b.tar.gz', 'c.exe', '.bin', 'ü.bin', '../x.bin', 'a"b.bin'), text), bytes), { maxLength: 7 }),
    names: fc.constantFrom(['package', 'file'], ['package', 'file'], ['package', 'package'], ['other', 'file'], ['', '']), type: fc.constantFrom('Content-Type: application/json\r\n', '', 'Content-Type: ;;;\r\n'), cut: fc.option(fc.nat({ max: 400 }), { freq: 4 }),
}).map(({ json, files, names, type, cut }) => {
    const whole = Buffer.concat([part(names[0], type, Buffer.from(json.body)), ...files.map(([name, content]) => part(names[1], '', content, name.replace(/[\r\n\0]/g, ''))), Buffer.from('--edge--\r\n')]);
    return { body: cut === null ? whole : whole.subarray(0, cut) };
});

const visible = text.map((value) => Buffer.from(value).toString('latin1').replace(/[^\t\x20-\x7e\x80-\xff]/g, '').slice(0, 600));
const header = (...values) => fc.oneof({ weight: 2, arbitrary: fc.constantFrom(...values) }, { weight: 1, arbitrary: visible });

export const headers = fc.record({
    'accept': header('*/*', 'text/csv', 'application/json;q=0'), 'accept-encoding': header('gzip', 'gzip;q=0', '*', 'br'), 'accept-language': header('zh', 'de, en;q=0.5', '*'), 'idempotency-key': visible, 'if-none-match': header('*', '"x"', 'W/"x"'), 'if-range': header('"x"', 'Wed, 21 Oct 2015 07:28:00 GMT'),
    'last-event-id': header('0-0', '1-1', '99999999999999999999-1'), 'range': header('bytes=0-0', 'bytes=-', 'bytes=0-,1-,2-', 'lines=1', `bytes=${'0-1,'.repeat(200)}2-3`), 'x-request-id': visible, 'content-type': header('application/json', 'application/json; charset=utf-8', 'text/csv', 'text/plain', 'multipart/form-data', 'multipart/form-data; boundary=""', ''),
}, { requiredKeys: [] });

// Path and query of an operation, percent-encoded. A wait is bounded: a long one would be no error, only long.
export function target(operation, values, known) {
    const inPath = operation.parameters.filter((one) => one.in === 'path');
    const inQuery = operation.parameters.filter((one) => one.in === 'query' && one.name !== 'timeout');
    const valueOf = ({ name, schema }) => name === 'wait' ? fc.constantFrom('0', '0.01', 'soon') : fc.oneof(values.of(schema, name).map(String), text);
    const segment = ({ name }) => fc.oneof({ weight: 3, arbitrary: fc.constantFrom(...known.map((one) => one[name])) }, { weight: 1, arbitrary: text.map((value) => value.slice(0, 500)) });
    const query = fc.record(Object.fromEntries(inQuery.map((one) => [one.name, valueOf(one)])), { requiredKeys: [] });
    const bounded = operation.parameters.some(({ name }) => name === 'timeout') ? [['timeout', '0.01']] : [];
    const stranger = fc.option(fc.tuple(text, text), { freq: 8 });
    const encode = (value) => encodeURIComponent(value.toWellFormed?.() ?? value.replace(/[\ud800-\udfff]/g, '?')).replaceAll('.', value === '.' || value === '..' ? '%2E' : '.');
    return fc.tuple(fc.tuple(...inPath.map(segment)), query, stranger).map(([segments, members, other]) => {
        const path = inPath.reduce((sofar, { name }, i) => sofar.replace(`{${name}}`, () => encode(segments[i]) || '%20'), operation.path);
        const pairs = [...Object.entries(members), ...bounded, ...(other === null ? [] : [other])].map(([name, value]) => `${encode(name)}=${encode(value)}`);
        return pairs.length === 0 ? path : `${path}?${pairs.join('&')}`;
    });
}
