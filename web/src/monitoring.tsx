// Upgrade Monitoring of a plan: ring, bars, timeline, device list, and what can be done with the plan.
import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import { ApiError, get, getAll, key } from './api';
import { Bars, Ring, Timeline } from './charts';
import { type Event, listen, onReset } from './events';
import { useMedia, useResource } from './hooks';
import { journalHref } from './journal-words';
import { PlanFacts } from './plan-facts';
import { go, href, place, setQuery } from './router';
import { Rows, currentStep, overallProgress } from './rows';
import type { DeviceStatus, Plan, PlanDevice, Product, Reason, Statistics } from './types';
import { Action, DeviceStatusBadge, Empty, Loading, Missing, PlanStatusBadge, Progress, Save, SelectField, TextField, Time, View, ZoneChoice, announcement } from './ui';
import { VirtualList, type Part } from './virtual';
import { WarningMark } from './warnings';
import { deviceStatusWords, plural, reasonWords, stepWords } from './words';

const MOST_ROWS = 50_000; // kept by the browser; beyond it the server searches
const ASK_SINGLE = 20;    // so many unknown devices are asked for one by one; more: the list is loaded anew
const SPEAK_MS = 5_000;

// The plan's rows, live. `version` grows with every change that is worth drawing.
function useRows(id: number, q: string): { rows: Rows | undefined; more: boolean; version: number; error: ApiError | undefined } {
    const [state, setState] = useState<{ rows?: Rows; more: boolean; error?: ApiError }>({ more: false });
    const [version, setVersion] = useState(0);
    const serverQuery = state.more ? q : '';
    useEffect(() => {
        let abort = new AbortController();
        let rows: Rows | undefined;
        let early: Event[] = []; // what happened while the list was on its way
        const load = async (): Promise<void> => {
            abort.abort();
            abort = new AbortController();
            const mine = abort.signal;
            try {
                const path = `/plans/${id}/devices${serverQuery === '' ? '' : `?q=${key(serverQuery)}`}`;
                const { items, more } = await getAll<PlanDevice>(path, MOST_ROWS, mine);
                rows = new Rows(items);
                early.forEach((event) => rows?.apply(event, new Set()));
                early = [];
                setState((old) => ({ rows: rows as Rows, more: more || (serverQuery !== '' && old.more) }));
            } catch (error) {
                if (error instanceof ApiError) {
                    setState((old) => ({ ...old, error }));
                }
            }
        };
        const ask = async (unknown: string): Promise<void> => {
            try {
                rows?.put(await get<PlanDevice>(`/plans/${id}/devices/${key(unknown)}`, abort.signal));
                setVersion((old) => old + 1);
            } catch {
                // it is not of this plan after all
            }
        };
        const hear = (events: Event[]): void => {
            const mine = events.filter((event) => event.planId === id);
            if (mine.some((event) => event.kind === 'plan')) {
                void load();
                return;
            }
            if (rows === undefined) {
                early.push(...mine);
                return;
            }
            const unknown = new Set<string>();
            const changed = mine.filter((event) => rows?.apply(event, unknown));
            if (unknown.size > ASK_SINGLE) {
                void load();
            } else if (serverQuery === '') {
                unknown.forEach((device) => void ask(device));
            }
            if (changed.length > 0) {
                setVersion((old) => old + 1);
            }
        };
        void load();
        const stops = [listen(hear), onReset(() => void load())];
        return () => {
            abort.abort();
            stops.forEach((stop) => stop());
        };
    }, [id, serverQuery]);
    return { rows: state.rows, more: state.more, version, error: state.error };
}

// Every few seconds at most, what has changed in words: a screen reader hears a summary, not each device.
function useSpoken(statistics: Statistics | undefined): void {
    const last = useRef({ text: '', at: 0 });
    useEffect(() => {
        if (statistics === undefined) {
            return undefined;
        }
        const text = `${statistics.inUpgrade} in upgrade, ${statistics.upgraded} upgraded, ${statistics.failed} failed, ${statistics.nonUpgraded} waiting`;
        if (last.current.text === '') { // what was there when the view was opened is no news
            last.current = { text, at: performance.now() };
        }
        const timer = setTimeout(() => {
            if (text !== last.current.text) {
                announcement.value = text;
                last.current = { text, at: performance.now() };
            }
        }, Math.max(0, last.current.at + SPEAK_MS - performance.now()));
        return () => clearTimeout(timer);
    }, [statistics]);
}

export function PlanActions({ plan }: { plan: Plan }) {
    const path = (verb: string): string => `/plans/${plan.id}/${verb}`;
    const running = plan.status === 'activated' || plan.status === 'upgrading';
    return (
        <>
            {plan.status === 'saved' && <>
                <a class="button" href={href('plans', plan.id, 'edit')}>Edit</a>
                <Action label="Delete" kind="danger" wanted={{ method: 'DELETE', path: `/plans/${plan.id}` }} done={() => go('#/plans')} ask={<p>The plan <b>{plan.name}</b> and its lists are deleted.</p>} />
                <Action label="Activate" kind="primary" wanted={{ method: 'POST', path: path('activate') }} said="Activated: its devices are notified at the next evaluation" />
            </>}
            {running && <Action label="Suspend" wanted={{ method: 'POST', path: path('suspend') }} said="Suspended: no further device is notified; running upgrades go on" />}
            {plan.status === 'suspended' && <Action label="Resume" kind="primary" wanted={{ method: 'POST', path: path('resume') }} said="Resumed" />}
            {(running || plan.status === 'suspended') && (
                <Action label="Forced termination" kind="danger" wanted={{ method: 'POST', path: path('terminate') }} said="Terminated: devices that waited have failed"
                    ask={<p>Devices of <b>{plan.name}</b> that have not started become <b>failed</b>; running upgrades go on to their end. This cannot be taken back.</p>} />
            )}
            {running && <Action label="Evaluate now" wanted={{ method: 'POST', path: '/evaluations', body: { productKey: plan.productKey } }} said="Evaluated: eligible devices were notified" />}
        </>
    );
}

function Reasons({ statistics }: { statistics: Statistics }) {
    const reasons = (Object.entries(statistics.byReason) as [Reason, number][]).filter(([, count]) => count > 0).sort((a, b) => b[1] - a[1]);
    return reasons.length === 0 ? null : (
        <section class="card" aria-labelledby="reasons">
            <h2 id="reasons">Why they wait or failed</h2>
            <ul class="reasons">{reasons.map(([reason, count]) => <li key={reason}><b>{count.toLocaleString('en')}</b> {reasonWords[reason]} <small class="mono">{reason}</small></li>)}</ul>
        </section>
    );
}

function Doing({ row }: { row: PlanDevice }) {
    const component = currentStep(row);
    if (row.status === 'inUpgrade') {
        return <span class="doing"><Progress part={overallProgress(row)} label={`Progress of ${row.deviceKey}`} /><small>{component === undefined ? 'Waiting' : `${component.componentNo}: ${stepWords[component.step].toLowerCase()}${component.step === 'downloading' ? ` ${component.progress} %` : ''}${component.attempts > 1 ? `, attempt ${component.attempts}` : ''}`}</small></span>;
    }
    return row.reason === null ? <span class="none">–</span> : <span class="why">{reasonWords[row.reason]}</span>;
}

const ROW_PX = 44;
const ROW_PHONE_PX = 92;

function Pager({ part, count, jump }: { part: Part; count: number; jump: (index: number) => void }) {
    const size = Math.max(1, part.last - part.first - 1);
    const pages = part.last - part.first >= count ? 1 : Math.ceil(count / size);
    const page = part.last >= count ? pages : Math.min(pages, Math.floor(part.first / size) + 1);
    const to = (wanted: number): void => jump((Math.min(pages, Math.max(1, wanted)) - 1) * size);
    return (
        <nav class="pager" aria-label="Pages of the device list">
            <span>{count === 0 ? '0' : `${(part.first + 1).toLocaleString('en')}–${part.last.toLocaleString('en')}`} of {count.toLocaleString('en')}</span>
            <button type="button" class="small" disabled={page <= 1} aria-label="Previous page" onClick={() => to(page - 1)}>‹</button>
            <label>Page <input type="number" min={1} max={pages} value={page} onChange={(event) => to(Number(event.currentTarget.value))} /> of {pages.toLocaleString('en')}</label>
            <button type="button" class="small" disabled={part.last >= count} aria-label="Next page" onClick={() => to(page + 1)}>›</button>
        </nav>
    );
}

function DeviceList({ plan, product, status }: { plan: Plan; product: string; status: DeviceStatus | '' }) {
    const q = place.value.query.get('q') ?? '';
    const { rows, more, version, error } = useRows(plan.id, q);
    const phone = useMedia('(max-width: 640px)');
    const shown = useMemo(() => rows?.select({ q, status }) ?? [], [rows, version, q, status]);
    return (
        <section class="card" aria-labelledby="plan-devices">
            <div class="row title"><h2 id="plan-devices">Devices</h2>
                <div class="row actions"><Save label="Export CSV" path={`/plans/${plan.id}/devices?format=csv`} file={`plan-${plan.id}-devices.csv`} type="text/csv" />
                    <Save label="JUnit report" path={`/plans/${plan.id}/report.xml`} file={`plan-${plan.id}-report.xml`} type="application/xml" />
                    <Save label="HAR" path={`/journal?planId=${plan.id}&format=har`} file={`plan-${plan.id}.har`} type="application/json" /></div></div>
            <div class="toolbar" role="search">
                <TextField label="Search device keys" type="search" value={q} change={(value) => setQuery({ q: value })} />
                <SelectField label="Status" value={status} change={(value) => setQuery({ status: value })} options={[['', 'all'], ...Object.entries(deviceStatusWords)]} />
                <ZoneChoice zone={plan.timeZone} />
            </div>
            {error !== undefined && <p class="error" role="alert">{error.message}</p>}
            {more && <p class="hint">The first {plural(rows?.size ?? 0, 'device')} are listed; a search finds all.</p>}
            {rows === undefined ? <Loading /> : rows.size === 0 && q === ''
                ? <Empty title="No device belongs to this plan yet" curl={`mockdc device --product-key ${plan.productKey} --product-secret SECRET --device-key 867123045678901`}><p>A device belongs to it as soon as it connects, or when it is on the whitelist. A virtual one:</p></Empty>
                : <VirtualList label="Devices of the plan" rows={shown} height={phone ? ROW_PHONE_PX : ROW_PX} rowKey={(row) => row.deviceKey}
                    columns={['Device key', 'Product', 'Status', 'Progress or reason', 'Start', 'End', 'Components']}
                    row={(row) => <>
                        <span role="cell" class="strong mono"><a href={href('plans', plan.id, 'devices', row.deviceKey)}>{row.deviceKey}</a> <WarningMark warnings={row.warnings} /></span>
                        <span role="cell" class="wide">{product}</span>
                        <span role="cell"><DeviceStatusBadge status={row.status} /></span>
                        <span role="cell"><Doing row={row} /></span>
                        <span role="cell" class="wide"><Time at={row.startedAt} zone={plan.timeZone} /></span>
                        <span role="cell" class="wide"><Time at={row.endedAt} zone={plan.timeZone} /></span>
                        <span role="cell" class="wide"><a href={href('plans', plan.id, 'devices', row.deviceKey)} aria-label={`Component details of ${row.deviceKey}`}>Component details</a></span>
                    </>}
                    toolbar={(part, jump) => <Pager part={part} count={shown.length} jump={jump} />} />}
        </section>
    );
}

export function MonitoringView({ id }: { id: number }) {
    const query = place.value.query;
    const plan = useResource<Plan>(`/plans/${id}`, (event) => event.kind === 'plan' && event.planId === id);
    const statistics = useResource<Statistics>(`/plans/${id}/statistics`, (event) => event.planId === id && event.kind !== 'log' && event.what !== 'progress').data;
    const product = useResource<Product>(plan.data === undefined ? null : `/products/${key(plan.data.productKey)}`, () => false).data;
    useSpoken(statistics);
    if (plan.data === undefined) {
        return <Missing error={plan.error} what="plan" back="#/plans" />;
    }
    const wanted = query.get('status') ?? '';
    const status = (wanted in deviceStatusWords ? wanted : '') as DeviceStatus | '';
    return (
        <View title={plan.data.name} crumbs={[['Upgrade plans', '#/plans']]} actions={<PlanActions plan={plan.data} />}>
            <p class="lead"><PlanStatusBadge status={plan.data.status} /> Upgrade Monitoring · {plan.data.mode} mode · product {product?.name ?? plan.data.productKey} · <a href={`#/clock?product=${key(plan.data.productKey)}`}>its clock</a> · <a href={journalHref({ planId: String(id) })}>its journal</a> · <a href={`#/faults/new?productKey=${key(plan.data.productKey)}&planId=${id}`}>arm a fault</a></p>
            {statistics === undefined ? <Loading /> : (
                <>
                    <section class="card overview" aria-labelledby="overview"><h2 id="overview">Device status distribution</h2>
                        <div class="overview-parts"><Ring statistics={statistics} /><Bars statistics={statistics} chosen={status} choose={(value) => setQuery({ status: value })} /><Timeline statistics={statistics} zone={plan.data.timeZone} /></div>
                    </section>
                    <Reasons statistics={statistics} />
                </>
            )}
            <PlanFacts plan={plan.data} open={query.has('details')} />
            <DeviceList plan={plan.data} product={product?.name ?? plan.data.productKey} status={status} />
        </View>
    );
}
