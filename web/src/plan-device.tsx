// A device in a plan: its components with stepper and attempts, the strategy, the upgrade log, and why it waits.
import { useState } from 'preact/hooks';
import { getAll, key } from './api';
import { csvOf, saveFile } from './csv';
import { useLoaded, useResource } from './hooks';
import { journalHref } from './journal-words';
import { href, place, setQuery } from './router';
import type { Eligibility, LogEntry, Plan, PlanDevice, PlanDeviceComponent } from './types';
import { Consent } from './consent';
import { Definition, DeviceStatusBadge, Dialog, Empty, Loading, Missing, ProblemBox, Progress, Save, Table, Time, View, ZoneChoice } from './ui';
import { WarningsCard } from './warnings';
import { checkWords, logKindWords, plural, reasonWords, stepPlace, stepWords, stepperWords } from './words';

const MOST_LOG = 5000;

// Where a failed component stopped: the last step that its log tells of.
export function failedPlace(log: LogEntry[], componentNo: string): number {
    const places: Partial<Record<LogEntry['kind'], number>> = { planIssued: 0, planReceived: 0, confirmed: 1, urlIssued: 1, waitingDownload: 2, downloading: 2, downloaded: 3, upgrading: 3 };
    let found = 0;
    for (const entry of log) {
        if (entry.componentNo === componentNo || entry.componentNo === null) {
            found = places[entry.kind] ?? found;
        }
    }
    return found;
}

function Stepper({ component, failedAt }: { component: PlanDeviceComponent; failedAt: number }) {
    const at = component.step === 'failed' ? failedAt : stepPlace(component.step);
    const last = component.step === 'failed' ? 'Fail' : component.step === 'successful' ? 'Success' : 'Success / Fail';
    const state = (i: number): string => (i < at || component.step === 'successful' ? 'done' : i === at ? (component.step === 'failed' ? 'broken' : 'now') : 'open');
    const words: Record<string, string> = { done: 'done', now: 'now', broken: 'failed here', open: 'not yet' };
    const final = component.step === 'failed' ? 'broken' : component.step === 'successful' ? 'done' : 'open';
    return (
        <ol class="stepper" aria-label={`Steps of ${component.componentNo}`}>
            {stepperWords.map((word, i) => <li key={word} class={state(i)} aria-current={state(i) === 'now' ? 'step' : undefined}><span class="step-dot" aria-hidden="true" />{word}<span class="hidden"> ({words[state(i)]})</span></li>)}
            <li class={final}><span class="step-dot" aria-hidden="true" />{last}<span class="hidden"> ({words[final]})</span></li>
        </ol>
    );
}

function ComponentCard({ component, plan, log }: { component: PlanDeviceComponent; plan: Plan; log: LogEntry[] }) {
    const { strategy } = plan;
    return (
        <details class="card component" open>
            <summary>
                <h3><span class="mono">{component.componentNo}</span> {component.name}</h3>
                <span class="mono versions">{component.sourceVersion ?? 'not reported'} → {component.targetVersion ?? '–'}</span>
                <span>{stepWords[component.step]}</span>
                <span>{component.attempts === 0 ? 'not started' : plural(component.attempts, 'upgrade time', 'upgrade times')}</span>
            </summary>
            <Stepper component={component} failedAt={failedPlace(log, component.componentNo)} />
            {(component.step === 'downloading' || component.step === 'confirmed') && <Progress part={component.progress} label={`Download of ${component.componentNo}`} />}
            <Definition items={[
                ['Type', component.componentType],
                ['Attempts', `${component.attempts} of at most ${1 + (strategy?.retries ?? 0)}`],
                ['Signal wanted', `at least ${strategy?.minSignal} dBm`],
                ['Battery wanted', `at least ${strategy?.minBattery} %`],
                ['Time for an attempt', `${strategy?.timeoutMinutes} min without a word`],
            ]} />
        </details>
    );
}

export function LogTable({ log, zone }: { log: LogEntry[]; zone?: string }) {
    return (
        <Table caption="Upgrade log" rows={log.map((entry, i) => ({ entry, i }))} rowKey={({ i }) => i} columns={[
            ['At', ({ entry }) => <Time at={entry.at} zone={zone} />],
            ['Component', ({ entry }) => entry.componentNo === null ? <span class="none">plan</span> : <span class="mono">{entry.componentNo}</span>],
            ['Attempt', ({ entry }) => entry.attempt ?? <span class="none">–</span>],
            ['From', ({ entry }) => entry.direction],
            ['What', ({ entry }) => <span class={`kind kind-${entry.kind}`} title={entry.kind}>{logKindWords[entry.kind]}{entry.code === null ? '' : ` (${entry.code})`}</span>],
            ['Detail', ({ entry }) => entry.detail ?? ''],
        ]} />
    );
}

const exportLog = (name: string, log: LogEntry[]): void => saveFile(name, 'text/csv', csvOf(
    ['at', 'componentNo', 'attempt', 'direction', 'kind', 'code', 'detail'],
    log.map((entry) => [entry.at, entry.componentNo, entry.attempt, entry.direction, entry.kind, entry.code, entry.detail])));

// One sentence on top of the checks: what is the case now.
function whyWords(status: PlanDevice['status'], data: Eligibility): string {
    const first = data.checks.find((check) => !check.ok);
    switch (status) {
    case 'upgraded': return 'It has finished with this plan: upgraded. These are the rules as they stand now.';
    case 'failed': return 'It has finished with this plan: failed. These are the rules as they stand now.';
    case 'inUpgrade': return 'It is being upgraded now.';
    default: return data.eligible ? 'It would be notified at this moment; the next evaluation does that.' : `It is not notified now. ${first === undefined ? '' : reasonWords[first.check]}.`;
    }
}

function WhyNot({ data, error, zone, status }: { data: Eligibility | undefined; error: Parameters<typeof ProblemBox>[0]['error']; zone: string; status: PlanDevice['status'] }) {
    if (data === undefined) {
        return <><ProblemBox error={error} />{error === undefined && <Loading />}</>;
    }
    const first = data.checks.find((check) => !check.ok);
    return (
        <>
            <p class="lead">{whyWords(status, data)} <small>as of <Time at={data.at} zone={zone} /></small></p>
            <ol class="checks">
                {data.checks.map((check) => (
                    <li key={check.check} class={check.ok ? (check.warning === true ? 'warning' : 'ok') : 'not-ok'}>
                        <b>{check.ok ? (check.warning === true ? 'Unknown, passes' : 'Yes') : check === first && status === 'nonUpgraded' ? 'No: this holds it back' : 'No'}</b>
                        <span>{checkWords[check.check]} <small class="mono">{check.check}</small></span>
                        <span>expected: {check.expected ?? '–'}</span><span>actual: {check.actual ?? '–'}</span>
                        {check.nextAt !== undefined && <span>passes at <Time at={check.nextAt} zone={zone} /></span>}
                    </li>
                ))}
            </ol>
        </>
    );
}

export function PlanDeviceView({ planId, deviceKey }: { planId: number; deviceKey: string }) {
    const path = `/plans/${planId}/devices/${key(deviceKey)}`;
    const mine = (event: { planId: number | null; deviceKey: string | null }): boolean => event.deviceKey === deviceKey && event.planId === planId;
    const plan = useResource<Plan>(`/plans/${planId}`, (event) => event.kind === 'plan' && event.planId === planId);
    const device = useResource<PlanDevice>(path, (event) => (mine(event) && (event.kind === 'device' || event.kind === 'log')) || (event.kind === 'plan' && event.planId === planId));
    const log = useLoaded(`${path}/logs`, (abort) => getAll<LogEntry>(`${path}/logs`, MOST_LOG, abort), (event) => mine(event) && event.kind === 'log').data?.items ?? [];
    const why = useResource<Eligibility>(`${path}/eligibility`, (event) => (event.deviceKey === deviceKey && event.what !== 'progress' && event.kind !== 'log') || event.kind === 'plan' || event.kind === 'clock');
    const [drawer, setDrawer] = useState(place.value.query.has('log'));
    if (plan.data === undefined || device.data === undefined) {
        return <Missing error={plan.error ?? device.error} what={plan.error === undefined ? 'device in this plan' : 'plan'} back="#/plans" />;
    }
    const { status, reason, components, startedAt, endedAt } = device.data;
    const zone = plan.data.timeZone;
    const show = (open: boolean): void => {
        setDrawer(open);
        setQuery({ log: open ? '1' : '' });
    };
    return (
        <View title={deviceKey} crumbs={[['Upgrade plans', '#/plans'], [plan.data.name, href('plans', planId)]]}
            actions={<><ZoneChoice zone={zone} /><a class="button" href={href('devices', plan.data.productKey, deviceKey)}>The device</a><a class="button" href={`#/faults/new?productKey=${key(plan.data.productKey)}&deviceKey=${key(deviceKey)}&planId=${planId}`}>Arm a fault for this device</a><a class="button" href={journalHref({ productKey: plan.data.productKey, deviceKey })}>Journal</a><Save label="HAR" path={`/journal?planId=${planId}&deviceKey=${key(deviceKey)}&format=har`} file={`plan-${planId}-${deviceKey}.har`} type="application/json" /><button type="button" class="primary" onClick={() => show(true)}>Upgrade log ({log.length})</button></>}>
            <p class="lead"><DeviceStatusBadge status={status} /> {reason === null ? '' : reasonWords[reason]} · start <Time at={startedAt} zone={zone} /> · end <Time at={endedAt} zone={zone} /></p>
            {plan.data.mode === 'manual' && <Consent productKey={plan.data.productKey} deviceKey={deviceKey} zone={zone} />}
            <section aria-labelledby="components"><h2 id="components">Component details</h2>
                {components.map((component) => <ComponentCard key={component.componentNo} component={component} plan={plan.data as Plan} log={log} />)}
            </section>
            <WarningsCard warnings={device.data.warnings} zone={zone} journal={{ planId: String(planId), deviceKey }} />
            <section class="card" aria-labelledby="why"><h2 id="why">Why not?</h2><WhyNot data={why.data} error={why.error} zone={zone} status={status} /></section>
            {drawer && (
                <Dialog drawer title={`Upgrade log of ${deviceKey}`} close={() => show(false)}>
                    {log.length === 0 ? <Empty title="Nothing has happened yet"><p>The log begins when the plan is sent to the device, or when it is passed over.</p></Empty> : <>
                        <div class="row end"><button type="button" onClick={() => exportLog(`plan-${planId}-${deviceKey}-log.csv`, log)}>Export CSV</button></div>
                        <LogTable log={log} zone={zone} />
                    </>}
                </Dialog>
            )}
        </View>
    );
}
