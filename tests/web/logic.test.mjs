// The page's logic without a browser: streams, rows, times, charts, drafts.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { contract, load } from './bundle.mjs';

const { StreamReader } = await load('sse.ts');
const { Rows, overallProgress, currentStep } = await load('rows.ts');
const { formatExact, formatInstant, formatSize, formatSpan, formatPercent, instantOfLocal, localOfInstant, shellWord } = await load('format.ts');
const { csvOf } = await load('csv.ts');
const { draftOf, emptyDraft, inputOf, keysOf } = await load('plan-draft.ts');
const { visiblePart } = await load('virtual.tsx');
const { MEMBERS, POINTS, actionText, draftOfQuery, faultInputOf, matchText, triggerText, withPoint } = await load('fault-draft.ts');
const { Kept, directionWords, entryWords, hexLines, journalHref, journalKindWords, journalQuery, kindsOf, senderOf, withKind } = await load('journal-words.ts');
const words = await load('words.ts');

test('an event stream, cut at any byte, gives the same messages', () => {
    const text = 'retry: 1000\n\n: mockdc\n\nid: a-1\nevent: device\ndata: {"x":1}\n\n: beat\n\ndata: one\r\ndata:two\r\n\r\nid:a-2\nevent:log\ndata: {"y":"a:b"}\n\nevent: lost\n';
    const wanted = [
        { id: 'a-1', event: 'device', data: '{"x":1}' },
        { id: null, event: 'message', data: 'one\ntwo' },
        { id: 'a-2', event: 'log', data: '{"y":"a:b"}' },
    ];
    for (let cut = 0; cut <= text.length; cut++) {
        const reader = new StreamReader();
        assert.deepEqual([...reader.feed(text.slice(0, cut)), ...reader.feed(text.slice(cut))], wanted, `cut at ${cut}`);
    }
});

const row = (deviceKey, status = 'nonUpgraded', step = 'waiting') => ({
    deviceKey, status, reason: null, startedAt: null, endedAt: null, warnings: [],
    components: [{ componentNo: 'STM32', name: 'Motor', componentType: 'mcu', sourceVersion: '1', targetVersion: '2', step, progress: 0, attempts: 0 }],
});
const upgrade = (deviceKey, status, components = []) => ({ kind: 'device', what: 'upgrade', deviceKey, status, reason: null, startedAt: null, endedAt: null, components });

test('an event changes its row and no other', () => {
    const rows = new Rows([row('a'), row('b'), row('c')]);
    const unknown = new Set();
    const kept = rows.byKey.get('a');
    assert.equal(rows.apply(upgrade('b', 'inUpgrade', [{ componentNo: 'STM32', step: 'downloading', progress: 40, attempts: 1 }]), unknown), true);
    assert.equal(rows.apply({ kind: 'device', what: 'progress', deviceKey: 'b', componentNo: 'STM32', progress: 55 }, unknown), true);
    assert.equal(rows.byKey.get('a'), kept);
    const changed = rows.byKey.get('b');
    assert.equal(changed.status, 'inUpgrade');
    assert.deepEqual([changed.components[0].progress, changed.components[0].attempts, changed.components[0].name], [55, 1, 'Motor']);
    assert.equal(unknown.size, 0);
});

test('a device that is not listed is named, and takes its place in the order', () => {
    const rows = new Rows([row('a'), row('c')]);
    const unknown = new Set();
    assert.equal(rows.apply(upgrade('b', 'failed'), unknown), false);
    assert.deepEqual([...unknown], ['b']);
    rows.put(row('b', 'failed'));
    rows.put(row('d'));
    assert.deepEqual(rows.select({ q: '', status: '' }).map(({ deviceKey }) => deviceKey), ['a', 'b', 'c', 'd']);
    assert.deepEqual(rows.select({ q: 'B', status: 'failed' }).map(({ deviceKey }) => deviceKey), ['b']);
    assert.deepEqual(rows.select({ q: 'b', status: 'upgraded' }), []);
});

test('events of other kinds touch no row', () => {
    const rows = new Rows([row('a')]);
    for (const event of [{ kind: 'log', deviceKey: 'a' }, { kind: 'plan', deviceKey: null }, { kind: 'device', what: 'online', deviceKey: 'a' }, { kind: 'device', what: 'progress', deviceKey: 'a', componentNo: 'STM32', progress: 'x' }]) {
        assert.equal(rows.apply(event, new Set()), false, JSON.stringify(event));
    }
});

test('a warning of the referee counts at its device and rule', () => {
    const rows = new Rows([row('a'), row('b')]);
    const warn = (detail, at) => rows.apply({ kind: 'log', what: 'entry', deviceKey: 'a', entry: { kind: 'protocolWarning', at, detail } }, new Set());
    assert.deepEqual([warn('statusOrder: status 9 right behind status 5', 'T1'), warn('keepAlive: 5 s', 'T2'), warn('statusOrder: again', 'T3')], [true, true, true]);
    assert.deepEqual(rows.byKey.get('a').warnings, [{ rule: 'keepAlive', count: 1, lastAt: 'T2' }, { rule: 'statusOrder', count: 2, lastAt: 'T3' }]);
    assert.deepEqual(rows.byKey.get('b').warnings, []);
});

test('how far a device is', () => {
    const at = (step, progress = 0) => overallProgress({ components: [{ step, progress }] });
    assert.deepEqual([at('waiting'), at('start'), at('confirmed'), at('downloading', 0), at('downloading', 50), at('downloading', 100), at('upgrading'), at('successful')], [0, 0, 10, 10, 40, 70, 75, 100]);
    assert.equal(overallProgress({ components: [] }), 0);
    assert.equal(overallProgress({ components: [{ step: 'successful' }, { step: 'waiting' }] }), 50);
    assert.equal(currentStep({ components: [{ componentNo: 'A', step: 'successful' }, { componentNo: 'B', step: 'upgrading' }] }).componentNo, 'B');
    assert.equal(currentStep({ components: [{ componentNo: 'A', step: 'failed' }, { componentNo: 'B', step: 'waiting' }] }).componentNo, 'A');
});

test('instants in zones, through a change of the clocks', () => {
    const table = [
        ['2026-11-24T08:03:10.500Z', 'Europe/Berlin', '2026-11-24 09:03:10'],
        ['2026-11-24T23:30:00Z', 'Asia/Shanghai', '2026-11-25 07:30:00'],
        ['2027-03-28T00:59:59Z', 'Europe/Berlin', '2027-03-28 01:59:59'],
        ['2027-03-28T01:00:00Z', 'Europe/Berlin', '2027-03-28 03:00:00'],
        ['2026-11-24T00:00:00Z', 'UTC', '2026-11-24 00:00:00'],
        ['soon', 'UTC', 'soon'],
    ];
    for (const [at, zone, wanted] of table) {
        assert.equal(formatInstant(at, zone), wanted);
    }
});

test('sizes, spans, percents, shell words, CSV', () => {
    assert.deepEqual([0, 1023, 1024, 10240, 1048576, 104857600].map(formatSize), ['0 B', '1023 B', '1.0 KiB', '10 KiB', '1.0 MiB', '100.0 MiB']);
    assert.deepEqual([0, 300, 12_000, 250_000, 7_500_000].map(formatSpan), ['0.0 s', '0.3 s', '12 s', '4 min 10 s', '2 h 05 min']);
    assert.deepEqual([formatPercent(1, 3), formatPercent(0, 0)], ['33 %', '0 %']);
    assert.deepEqual(['plain', "it's", '{"a":1}', '$(x)', ''].map(shellWord), ['plain', "'it'\\''s'", '\'{"a":1}\'', "'$(x)'", "''"]);
    assert.equal(csvOf(['a', 'b'], [[1, null], ['x,y', 'say "hi"'], ['line\nline', true]]), 'a,b\r\n1,\r\n"x,y","say ""hi"""\r\n"line\nline",true\r\n');
});

test('the part of a list that is drawn', () => {
    assert.deepEqual(visiblePart(10_000, 44, 0, 600), { first: 0, last: 22 });
    assert.deepEqual(visiblePart(10_000, 44, 44_000, 600), { first: 992, last: 1022 });
    assert.deepEqual(visiblePart(10_000, 44, 440_000, 600), { first: 9992, last: 10_000 });
    assert.deepEqual(visiblePart(0, 44, 0, 600), { first: 0, last: 0 });
    assert.deepEqual(visiblePart(3, 44, 5000, 600), { first: 3, last: 3 });
});

test('a draft becomes the body that is meant, and nothing that was not said', () => {
    const draft = emptyDraft('UTC');
    const least = inputOf({ ...draft, name: 'n', productKey: 'p' });
    for (const member of ['pushPeriod', 'plannedTime', 'whitelist', 'blacklist', 'upgradeText']) {
        assert.ok(!(member in least), member);
    }
    const full = inputOf({ ...draft, pushStart: '22:00', pushEnd: '06:00', plannedEnd: '2027-03-01T09:00', retries: 'x', minSignal: '-100', whitelist: 'a1\r\nb2, c3;d4\n', texts: [{ language: 'en', text: 'hi' }] });
    assert.deepEqual(full.pushPeriod, { start: '22:00', end: '06:00' });
    assert.deepEqual(full.plannedTime, { end: '2027-03-01T09:00' });
    assert.deepEqual([full.strategy.retries, full.strategy.minSignal], ['x', -100]);
    assert.deepEqual(full.whitelist, ['a1', 'b2', 'c3', 'd4']);
    assert.deepEqual(full.upgradeText, { en: 'hi' });
    assert.deepEqual(keysOf(' \n,;'), []);
});

test('a plan edited and not changed stays what it was', () => {
    const plan = {
        name: 'n', productKey: 'p', mode: 'manual', timeZone: 'Asia/Tokyo', pushPeriod: { start: '01:00', end: '03:00' }, plannedTime: { start: '2027-03-01T09:00', end: null, startAt: 'x', endAt: null },
        strategy: { retries: 0, minSignal: -44, minBattery: 0, timeoutMinutes: 1 }, components: [{ componentNo: 'C', name: 'c', componentType: 'module', packageId: 7, sequence: 3 }], upgradeText: { zh: 'z', en: 'e' },
    };
    const input = inputOf(draftOf(plan));
    const { plannedTime, ...rest } = plan;
    assert.deepEqual(input, { ...rest, plannedTime: { start: plannedTime.start } });
});

test('every word of the contract has plain words', async () => {
    const schemas = await contract();
    assert.deepEqual(schemas.Reason.enum.filter((reason) => !(reason in words.reasonWords)), []);
    assert.deepEqual(schemas.LogEntry.properties.kind.enum.filter((kind) => !(kind in words.logKindWords)), []);
    assert.deepEqual(Object.keys(journalKindWords).sort(), [...schemas.JournalEntry.properties.kind.enum].sort());
    const rules = /and a colon: ([\w, ]+)/.exec(schemas.LogEntry.properties.detail.description)[1].split(/[,\s]+/);
    assert.ok(rules.length > 20);
    assert.deepEqual(Object.keys(words.ruleWords).sort(), rules.sort());
    assert.deepEqual(schemas.EligibilityCheck.properties.check.enum.filter((check) => !(check in words.checkWords)), []);
});

test('a fault being written: what the address names, members of its action only, numbers where they are ones', () => {
    const draft = draftOfQuery(new URLSearchParams('productKey=demo&deviceKey=8671&planId=7'));
    assert.deepEqual(faultInputOf(draft), { point: 'http.firmware', action: { type: 'cut' }, match: { productKey: 'demo', deviceKey: '8671', planId: 7 } });
    assert.deepEqual(faultInputOf(draftOfQuery(new URLSearchParams('point=ota.url&type=omit'))), { point: 'ota.url', action: { type: 'omit' } });
    assert.equal(draftOfQuery(new URLSearchParams('point=constructor&type=x')).point, 'http.firmware');
    const typed = { ...draft, members: { atByte: '50%', seconds: '1.5', code: '503' }, trigger: { times: '1', skip: '', everyNth: '2', probability: '0.5', seed: 'x' } };
    const { action, trigger } = faultInputOf({ ...typed, type: 'stall' });
    assert.deepEqual([action, trigger], [{ type: 'stall', atByte: '50%', seconds: 1.5 }, { times: 1, everyNth: 2, probability: 0.5, seed: 'x' }]);
    assert.deepEqual(faultInputOf({ ...typed, type: 'cut', members: { atByte: '512' } }).action, { type: 'cut', atByte: 512 });
    const set = (field, value) => faultInputOf({ ...typed, point: 'ota.url', type: 'set', members: { field, value } }).action.value;
    assert.deepEqual([set('size', '12'), set('targetVersion', '12'), set('md5', '')], [12, '12', '']);
});

test('another point keeps the action where it has one of that name', () => {
    const draft = draftOfQuery(new URLSearchParams('point=ota.notify&type=delay'));
    assert.deepEqual([withPoint(draft, 'ota.url').type, withPoint(draft, 'mqtt.link').type, withPoint(draft, 'plan').type], ['delay', 'delay', 'suspend']);
});

test('faults in words', () => {
    const text = (point, action) => actionText({ point, action });
    assert.equal(text('http.firmware', { type: 'cut', atByte: '50%' }), 'Cut the body: at 50 %');
    assert.equal(text('http.firmware', { type: 'stall', seconds: 2, atByte: 512 }), 'Pause in the body: for 2 s, at byte 512');
    assert.equal(text('ota.url', { type: 'set', field: 'md5', value: '' }), "Change a member: md5 = ''");
    assert.equal(text('mqtt.connect', { type: 'close' }), 'Close without an answer');
    assert.equal(text('mqtt.connect', { type: 'later' }), 'later', 'what the page does not know');
    assert.deepEqual([matchText({}), matchText({ productKey: 'p', planId: 3, attempt: 2 })], ['everyone', 'product p, plan 3, attempt 2']);
    assert.deepEqual([{ skip: 0, everyNth: 1, probability: 1, seed: 0 }, { times: 1 }, { times: 3, skip: 2 }, { everyNth: 2 }, { everyNth: 11 }, { probability: 0.125, seed: 7 }].map(triggerText),
        ['every time', 'once', 'at most 3 times, after the first 2', 'every 2nd use', 'every 11th use', 'with 12.5 % (seed 7)']);
});

test('points, actions and members are those of the contract', async () => {
    const schemas = await contract();
    const { type, ...members } = schemas.FaultAction.properties;
    assert.deepEqual(Object.keys(POINTS).sort(), [...schemas.FaultPoint.enum].sort());
    assert.deepEqual(Object.keys(MEMBERS).sort(), Object.keys(members).sort());
    assert.deepEqual([...new Set(Object.values(POINTS).flatMap(({ actions }) => actions.map((action) => action.type)))].sort(), [...type.enum].sort());
    assert.deepEqual([...new Set(Object.values(POINTS).flatMap(({ fields }) => fields))].sort(), [...schemas.FaultField.enum].sort());
});

test('the query of the journal: the names of the API, in one order, and nothing else', () => {
    assert.equal(journalQuery(new URLSearchParams('until=&kind=frame,fault&x=1&deviceKey=a b&since=2026-11-23T10:00:00.000Z')), 'deviceKey=a%20b&kind=frame,fault&since=2026-11-23T10:00:00.000Z');
    assert.deepEqual([journalHref({}), journalHref({ productKey: '', kind: 'fault' })], ['#/journal', '#/journal?kind=fault']);
    assert.deepEqual([withKind('', 'fault', true), withKind('fault', 'connect', true), withKind('connect,fault', 'connect', false), withKind('fault', 'fault', false), kindsOf('')], ['fault', 'connect,fault', 'fault', '', []]);
});

test('entries of the journal in words', () => {
    const table = [
        [{ kind: 'connect', address: 'a:1', type: 0, encrypted: true }, ['with the product secret', 'from a:1, can encrypt'], 'device'],
        [{ kind: 'refuse', address: 'a:1', code: 5, reason: 'wrong password' }, ['code 5', 'wrong password, to a:1'], 'server'],
        [{ kind: 'refuse', address: 'a:1', code: 0, reason: null }, ['closed without a word', 'to a:1'], 'server'],
        [{ kind: 'disconnect', address: 'a:1', reason: 'closed by the device' }, ['closed by the device', 'a:1'], null],
        [{ kind: 'frame', direction: 'server', command: 'otaNotify', packageId: 7, qos: 1, encrypted: false, decoded: '1: x' }, ['otaNotify', 'id 7, QoS 1 · 1: x'], 'server'],
        [{ kind: 'frame', direction: 'device', command: 'otaStatus', packageId: 12, qos: 2, encrypted: false, decoded: '13: 8, 14: "DOWNLOADSUCCESS", 7: 1' }, ['otaStatus 8 DOWNLOADSUCCESS', 'id 12, QoS 2 · 13: 8, 14: "DOWNLOADSUCCESS", 7: 1'], 'device'],
        [{ kind: 'frame', direction: 'device', command: 'unknown', packageId: 0, qos: 2, encrypted: true, decoded: null }, ['unknown', 'id 0, QoS 2, encrypted'], 'device'],
        [{ kind: 'firmware', method: 'GET', target: '/firmware/x.bin', range: 'bytes=0-9', status: 206, bytes: 10, ended: 'complete', durationMs: 300 }, ['GET 206', 'bytes=0-9 · 10 B sent, complete, 0.3 s · /firmware/x.bin'], 'device'],
        [{ kind: 'firmware', method: 'GET', target: '/f', range: null, status: null, bytes: 0, ended: 'reset', durationMs: 0 }, ['GET no answer', 'whole · 0 B sent, reset, 0.0 s · /f'], 'device'],
        [{ kind: 'fault', faultId: 3, point: 'ota.url', action: 'drop', detail: 'fault 3: ota.url drop' }, ['ota.url drop', 'fault 3: ota.url drop'], null],
        [{ kind: 'warning', rule: 'statusOrder', detail: 'status 9 right behind status 5' }, ['statusOrder', 'status 9 right behind status 5'], null],
    ];
    for (const [entry, wanted, sender] of table) {
        assert.deepEqual([entryWords(entry), senderOf(entry)], [wanted, sender], JSON.stringify(entry));
    }
    assert.deepEqual(['device', 'server', null].map(directionWords), ['→ from the device', '← to the device', '']);
    assert.equal(hexLines('aaaa0017530002003400' + '0a'.repeat(8)), '0000  aa aa 00 17 53 00 02 00 34 00 0a 0a 0a 0a 0a 0a\n0010  0a 0a');
    assert.equal(hexLines(''), '');
});

test('a long journal keeps its youngest, and counts what it forgot', () => {
    const kept = new Kept(10);
    const entries = (from, to) => Array.from({ length: to - from }, (_, i) => ({ id: from + i }));
    kept.add(entries(0, 11));
    assert.deepEqual([kept.entries.length, kept.forgotten], [11, 0], 'a tenth more');
    kept.add(entries(11, 14));
    assert.deepEqual([kept.entries.map(({ id }) => id), kept.forgotten], [[4, 5, 6, 7, 8, 9, 10, 11, 12, 13], 4]);
    kept.add([]);
    assert.equal(kept.entries.length, 10);
});

test('instants to the millisecond, and chosen in the zone of the reader', () => {
    assert.equal(formatExact('2026-11-24T08:03:10.007Z', 'Europe/Berlin'), '2026-11-24 09:03:10.007');
    assert.equal(formatExact('2026-11-24T08:03:10Z', 'UTC'), '2026-11-24 08:03:10');
    for (const at of ['2026-11-24T08:03:10.000Z', '2026-07-24T23:59:59.000Z']) {
        assert.equal(instantOfLocal(localOfInstant(at)), at);
    }
    assert.deepEqual([localOfInstant(''), localOfInstant('soon'), instantOfLocal('')], ['', '', '']);
});
