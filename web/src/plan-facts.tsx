// Details of a plan: everything that was set when it was made.
import { key } from './api';
import { useResource } from './hooks';
import { href } from './router';
import type { Package, Page, Plan } from './types';
import { Definition, Table, Time } from './ui';
import { plural } from './words';

function Planned({ plan }: { plan: Plan }) {
    if (plan.plannedTime === null) {
        return <>any time</>;
    }
    const { start, end, startAt, endAt } = plan.plannedTime;
    return <>{start === null ? 'at once' : <>from {start.replace('T', ' ')} (<Time at={startAt} zone={plan.timeZone} />)</>}{end === null ? ', without end' : <> to {end.replace('T', ' ')} (<Time at={endAt} zone={plan.timeZone} />)</>}</>;
}

const listWords = (plan: Plan): string => {
    const parts = [
        ...(plan.whitelistCount > 0 ? [`only the ${plural(plan.whitelistCount, 'device')} of the whitelist`] : []),
        ...(plan.blacklistCount > 0 ? [`never the ${plural(plan.blacklistCount, 'device')} of the blacklist`] : []),
    ];
    return parts.length === 0 ? 'all devices of the product' : parts.join(', ');
};

export function PlanFacts({ plan, open }: { plan: Plan; open: boolean }) {
    const packages = useResource<Page<Package>>(`/packages?productKey=${key(plan.productKey)}&limit=1000`, (event) => event.kind === 'package').data?.items ?? [];
    const packageOf = new Map(packages.map((item) => [item.id, item]));
    const { strategy, upgradeText, pushPeriod } = plan;
    return (
        <details class="card" open={open}>
            <summary><h2>Plan details</h2></summary>
            <Definition items={[
                ['Time zone', plan.timeZone],
                ['Planned time', <Planned plan={plan} />],
                ['Push period', pushPeriod === null ? 'the whole day' : `daily ${pushPeriod.start} to ${pushPeriod.end}`],
                ['Devices', listWords(plan)],
                ['Strategy', `${plural(strategy?.retries ?? 0, 'retry', 'retries')}, signal at least ${strategy?.minSignal} dBm, battery at least ${strategy?.minBattery} %, ${strategy?.timeoutMinutes} min an attempt`],
                ['Created', <Time at={plan.createdAt} zone={plan.timeZone} />],
                ['Activated', <Time at={plan.activatedAt} zone={plan.timeZone} />],
                ['First device started', <Time at={plan.startedAt} zone={plan.timeZone} />],
                ['Ended', <Time at={plan.endedAt} zone={plan.timeZone} />],
                ...(upgradeText === null ? [] : Object.entries(upgradeText).map(([language, text]): [string, string] => [`Upgrade text (${language})`, String(text)])),
            ]} />
            <Table caption="Components of the plan" rows={plan.components} rowKey={(component) => component.componentNo} columns={[
                ['Sequence', (component) => component.sequence],
                ['Component', (component) => <span class="mono">{component.componentNo}</span>],
                ['Name', (component) => component.name],
                ['Type', (component) => component.componentType],
                ['Package', (component) => <a href={href('packages', component.packageId)}>{packageOf.get(component.packageId)?.name ?? `package ${component.packageId}`}</a>],
                ['Target version', (component) => <span class="mono">{packageOf.get(component.packageId)?.targetVersion ?? '–'}</span>],
            ]} />
        </details>
    );
}
