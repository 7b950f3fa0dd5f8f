// The clock of the server or of a product: what it shows, setting and advancing it, and what fired on the way.
import { useEffect, useState } from 'preact/hooks';
import { ApiError, call, curlOf, key } from './api';
import { csvOf, saveFile } from './csv';
import { type Event, listen } from './events';
import { formatInstant, formatSpan, readerZone } from './format';
import { useResource } from './hooks';
import { href, place, setQuery } from './router';
import type { Advance, Clock, Evaluation, Page, Product, Reason } from './types';
import { Action, Curl, Definition, Missing, ProblemBox, SelectField, Table, TextField, Time, View, say } from './ui';
import { firedWords, plural, reasonWords } from './words';

const KEPT = 200;
type Fired = Advance['fired'][number];

// What the clock shows now, drawn once a second while somebody looks; a manual one stands still.
function useNow(clock: Clock | undefined): number | undefined {
    const [read, setRead] = useState({ clock, at: performance.now() });
    const [, draw] = useState(0);
    useEffect(() => setRead({ clock, at: performance.now() }), [clock]);
    useEffect(() => {
        const timer = setInterval(() => document.hidden || draw((old) => old + 1), 1000);
        return () => clearInterval(timer);
    }, []);
    if (clock === undefined) {
        return undefined;
    }
    const base = Date.parse(clock.now);
    return clock.mode === 'manual' || read.clock !== clock ? base : base + performance.now() - read.at;
}

function SetClock({ path, done }: { path: string; done: () => void }) {
    const [mode, setMode] = useState<Clock['mode']>('manual');
    const [now, setNow] = useState('');
    const [error, setError] = useState<ApiError | undefined>();
    const instant = now === '' ? undefined : new Date(now);
    const body = { mode, ...(instant === undefined || Number.isNaN(instant.getTime()) ? {} : { now: instant.toISOString() }) };
    const set = async (): Promise<void> => {
        try {
            await call('PUT', path, body);
            setError(undefined);
            say('The clock is set');
            done();
        } catch (problem) {
            setError(problem instanceof ApiError ? problem : undefined);
        }
    };
    return (
        <form class="form" noValidate onSubmit={(event) => { event.preventDefault(); void set(); }}>
            <div class="toolbar">
                <SelectField label="Mode" value={mode} change={(value) => setMode(value as Clock['mode'])} error={error?.at('/mode')} options={[['manual', 'manual: stands still'], ['offset', 'offset: runs from the instant'], ['real', 'real: the system clock']]} />
                <TextField label={`Instant (${readerZone()})`} type="datetime-local" value={now} change={setNow} error={error?.at('/now')} hint="empty: the one it shows" />
                <button type="submit">Set</button>
            </div>
            <ProblemBox error={error} />
            <Curl line={curlOf('PUT', path, body)} />
        </form>
    );
}

const STEPS: [string, number][] = [['1 min', 60], ['10 min', 600], ['1 hour', 3600], ['1 day', 86400]];

function AdvanceClock({ path, clock, done }: { path: string; clock: Clock; done: (answer: Advance) => void }) {
    const [seconds, setSeconds] = useState('');
    const took = (answer: unknown): void => done(answer as Advance);
    return (
        <div class="toolbar">
            {STEPS.map(([label, step]) => <Action key={label} label={`+ ${label}`} wanted={{ method: 'POST', path: `${path}/advance`, body: { seconds: step } }} done={took} said={`Advanced by ${label}`} />)}
            <Action label="To the next evaluation" kind="primary" wanted={{ method: 'POST', path: `${path}/advance`, body: { to: clock.nextEvaluationAt } }} done={took} said="Advanced to the next evaluation" />
            <TextField label="Seconds" type="number" value={seconds} change={setSeconds} />
            <Action label="Advance" disabled={seconds === ''} wanted={{ method: 'POST', path: `${path}/advance`, body: { seconds: Number(seconds) } }} done={took} said={`Advanced by ${seconds} s`} />
        </div>
    );
}

function Subject({ fired }: { fired: Fired }) {
    if (fired.planId !== undefined) {
        return <a href={fired.deviceKey === undefined ? href('plans', fired.planId) : href('plans', fired.planId, 'devices', fired.deviceKey)}>plan {fired.planId}{fired.deviceKey === undefined ? '' : `, ${fired.deviceKey}`}</a>;
    }
    return <>{fired.verificationId !== undefined ? `verification ${fired.verificationId}` : fired.devicesChecked !== undefined ? `${plural(fired.devicesChecked, 'device')} looked at, ${fired.notified ?? 0} notified` : '–'}</>;
}

const exportFired = (fired: Fired[]): void => saveFile('fired.csv', 'text/csv', csvOf(['at', 'what', 'planId', 'deviceKey', 'devicesChecked', 'notified'],
    fired.map((item) => [item.at, item.what, item.planId, item.deviceKey, item.devicesChecked, item.notified])));

function WhatFired({ fired, total }: { fired: Fired[]; total: number }) {
    return (
        <section class="card" aria-labelledby="fired">
            <div class="row title"><h2 id="fired">What fired</h2><button type="button" disabled={fired.length === 0} onClick={() => exportFired(fired)}>Export CSV</button></div>
            {fired.length === 0 ? <p class="none">What falls due from now on appears here, newest first.</p> : <>
                {total > fired.length && <p class="hint">The latest {fired.length} of {plural(total, 'thing')}.</p>}
                <Table caption="What fired" rows={fired.map((item, i) => ({ item, i }))} rowKey={({ i }) => fired.length - i} columns={[
                    ['At', ({ item }) => <Time at={item.at} />], ['What', ({ item }) => firedWords[item.what]], ['Of', ({ item }) => <Subject fired={item} />],
                ]} />
            </>}
        </section>
    );
}

function EvaluateNow({ product }: { product: string }) {
    const [seen, setSeen] = useState<Evaluation | undefined>();
    return (
        <section class="card" aria-labelledby="evaluate">
            <h2 id="evaluate">Evaluation</h2>
            <p class="hint">Plans are looked at every 10 minutes of this clock; or now:</p>
            <Action label="Evaluate now" wanted={{ method: 'POST', path: '/evaluations', body: product === '' ? {} : { productKey: product } }} said="Plans were evaluated" done={(answer) => setSeen(answer as Evaluation)} />
            {seen !== undefined && <p role="status">{plural(seen.devicesChecked, 'device')} looked at, {seen.notified} notified{Object.entries(seen.skipped).map(([reason, count]) => `; ${count}: ${reasonWords[reason as Reason]}`).join('')}.</p>}
        </section>
    );
}

export function ClockView() {
    const product = place.value.query.get('product') ?? '';
    const path = product === '' ? '/clock' : `/products/${key(product)}/clock`;
    const concerns = (event: Event): boolean => event.kind === 'clock' && (event.productKey === null || event.productKey === product);
    const { data: clock, error, reload } = useResource<Clock>(path, concerns);
    const products = useResource<Page<Product>>('/products?limit=1000', (event) => event.kind === 'product').data?.items ?? [];
    const [fired, setFired] = useState<{ items: Fired[]; total: number }>({ items: [], total: 0 });
    const now = useNow(clock);
    const add = (items: Fired[], total: number): void => setFired((old) => ({ items: [...items.slice(-KEPT).reverse(), ...old.items].slice(0, KEPT), total: old.total + total }));
    useEffect(() => listen((events) => {
        const evaluated = events.filter((event) => concerns(event) && event.what === 'evaluated');
        add(evaluated.map((event): Fired => ({ at: event.at, what: 'evaluation', devicesChecked: Number(event['devicesChecked']), notified: Number(event['notified']) })), evaluated.length);
    }), [path]);
    if (clock === undefined || now === undefined) {
        return <Missing error={error} what="product" back="#/products" />;
    }
    const own = product === '' || clock.own === true;
    return (
        <View title={product === '' ? 'Clock of the server' : `Clock of ${product}`} actions={<SelectField label="Clock of" value={product} change={(value) => setQuery({ product: value })} options={[['', 'the server'], ...products.map((item): [string, string] => [item.productKey, `${item.name} (${item.productKey})`])]} />}>
            <section class="card" aria-labelledby="now"><h2 id="now">Now</h2>
                <p class="clock" role="timer" aria-live="off">{formatInstant(new Date(now).toISOString(), readerZone())} <small>{readerZone()}</small></p>
                <Definition items={[
                    ['Mode', clock.mode], ['In UTC', formatInstant(new Date(now).toISOString(), 'UTC')], ['Next evaluation', <Time at={clock.nextEvaluationAt} />],
                    ['In', clock.mode === 'manual' ? 'when it is advanced' : formatSpan(Date.parse(clock.nextEvaluationAt) - now)],
                    ...(product === '' ? [] : [['Follows', own ? 'a clock of its own' : "the server's clock"] as [string, string]]),
                ]} />
                <AdvanceClock path={path} clock={clock} done={(answer) => { add(answer.fired, answer.firedTotal); reload(); }} />
                <div class="row">
                    {clock.mode !== 'real' && own && <Action label="Back to real time" wanted={{ method: 'PUT', path, body: { mode: 'real' } }} done={reload} />}
                    {product !== '' && own && <Action label="Follow the server's clock" wanted={{ method: 'DELETE', path }} done={reload} />}
                </div>
            </section>
            <section class="card" aria-labelledby="set"><h2 id="set">Set</h2><SetClock path={path} done={reload} /></section>
            <EvaluateNow product={product} />
            <WhatFired fired={fired.items} total={fired.total} />
        </View>
    );
}
