// The plan list: name, product, mode, status, start, end, how far its devices are, Details, Upgrade Monitoring.
import { formatPercent } from './format';
import { csvOf, saveFile } from './csv';
import { getAll } from './api';
import { STATUSES } from './charts';
import { useLoaded, useResource, useSettled } from './hooks';
import { href, place, setQuery } from './router';
import type { Page, Plan, Product, Statistics } from './types';
import { Empty, PlanStatusBadge, ProblemBox, SelectField, Loading, Table, TextField, Time, View } from './ui';
import { deviceStatusWords, plural, planStatusWords } from './words';

const MOST_PLANS = 5000;

export const planBegin = (plan: Plan): string | null => plan.startedAt ?? plan.plannedTime?.startAt ?? plan.activatedAt;
export const planEnd = (plan: Plan): string | null => plan.endedAt ?? plan.plannedTime?.endAt ?? null;

// The four statuses of a plan's devices as one small bar, with words for who does not see it.
export function PlanBar({ id }: { id: number }) {
    const { data } = useResource<Statistics>(`/plans/${id}/statistics`, (event) => event.planId === id && event.kind !== 'log' && event.what !== 'progress');
    if (data === undefined) {
        return <span class="none">…</span>;
    }
    const words = STATUSES.map((status) => `${data[status]} ${deviceStatusWords[status].toLowerCase()}`).join(', ');
    const final = data.upgraded + data.failed;
    return (
        <span class="plan-bar" title={words}>
            <span class="stack" role="img" aria-label={words}>
                {STATUSES.map((status) => data[status] > 0 && <span key={status} class={`fill-${status}`} style={{ flexGrow: data[status] }} />)}
            </span>
            <small>{data.total === 0 ? 'no devices' : `${formatPercent(final, data.total)} of ${plural(data.total, 'device')}`}{data.failed > 0 && <b class="status-failed"> {data.failed} failed</b>}</small>
        </span>
    );
}

const exportPlans = (plans: Plan[]): void => saveFile('plans.csv', 'text/csv', csvOf(
    ['id', 'name', 'productKey', 'mode', 'status', 'timeZone', 'start', 'end'],
    plans.map((plan) => [plan.id, plan.name, plan.productKey, plan.mode, plan.status, plan.timeZone, planBegin(plan), planEnd(plan)])));

function Toolbar({ products, plans }: { products: Product[]; plans: Plan[] }) {
    const query = place.value.query;
    const set = (name: string) => (value: string) => setQuery({ [name]: value });
    return (
        <div class="toolbar" role="search">
            <TextField label="Search plans" type="search" value={query.get('q') ?? ''} change={set('q')} placeholder="name" />
            <SelectField label="Product" value={query.get('product') ?? ''} change={set('product')}
                options={[['', 'all'], ...products.map(({ productKey, name }): [string, string] => [productKey, `${name} (${productKey})`])]} />
            <SelectField label="Status" value={query.get('status') ?? ''} change={set('status')} options={[['', 'all'], ...Object.entries(planStatusWords)]} />
            <SelectField label="Mode" value={query.get('mode') ?? ''} change={set('mode')} options={[['', 'all'], ['silent', 'silent'], ['manual', 'manual']]} />
            <button type="button" disabled={plans.length === 0} onClick={() => exportPlans(plans)}>Export CSV</button>
        </div>
    );
}

export function PlansView() {
    const query = place.value.query;
    const filtered = ['q', 'product', 'status', 'mode'].some((name) => query.has(name));
    const q = useSettled(query.get('q') ?? '');
    const wanted = new URLSearchParams({
        ...(q === '' ? {} : { q }), ...(query.has('product') ? { productKey: query.get('product') ?? '' } : {}),
        ...(query.has('status') ? { status: query.get('status') ?? '' } : {}),
    }).toString();
    const products = useResource<Page<Product>>('/products?limit=1000', (event) => event.kind === 'product').data?.items ?? [];
    const { data, error } = useLoaded(wanted, (abort) => getAll<Plan>(`/plans${wanted === '' ? '' : `?${wanted}`}`, MOST_PLANS, abort), (event) => event.kind === 'plan');
    const mode = query.get('mode') ?? '';
    const plans = (data?.items ?? []).filter((plan) => mode === '' || plan.mode === mode);
    const nameOf = new Map(products.map((product) => [product.productKey, product.name]));
    return (
        <View title="Upgrade plans" actions={<a class="button primary" href="#/plans/new">New plan</a>}>
            <Toolbar products={products} plans={plans} />
            <ProblemBox error={error} />
            {data === undefined && error === undefined && <Loading />}
            {data !== undefined && plans.length === 0 && (filtered
                ? <Empty title="No plan matches"><p>Other filters may find more.</p></Empty>
                : <Empty title="No upgrade plan yet" curl={`curl ${location.origin}/api/v1/plans -H 'Content-Type: application/json' -d @plan.json`}>
                    <p>A plan says which packages go to which devices, and when. First there must be a <a href="#/products">product</a> and a <a href="#/packages/new">package</a>, then <a href="#/plans/new">make a plan</a>, here or by the API:</p>
                </Empty>)}
            {plans.length > 0 && (
                <Table caption="Upgrade plans" rows={plans} rowKey={(plan) => plan.id} columns={[
                    ['Name', (plan) => <a class="strong" href={href('plans', plan.id)}>{plan.name}</a>],
                    ['Product', (plan) => <><span>{nameOf.get(plan.productKey) ?? plan.productKey}</span> <small class="mono">{plan.productKey}</small></>],
                    ['Mode', (plan) => plan.mode],
                    ['Status', (plan) => <PlanStatusBadge status={plan.status} />],
                    ['Devices', (plan) => <PlanBar id={plan.id} />],
                    ['Start', (plan) => <Time at={planBegin(plan)} zone={plan.timeZone} />],
                    ['End', (plan) => <Time at={planEnd(plan)} zone={plan.timeZone} />],
                    ['More', (plan) => <span class="row"><a href={`${href('plans', plan.id)}?details=1`} aria-label={`Details of ${plan.name}`}>Details</a><a href={href('plans', plan.id)} aria-label={`Upgrade Monitoring of ${plan.name}`}>Upgrade Monitoring</a></span>],
                ]} />
            )}
        </View>
    );
}
