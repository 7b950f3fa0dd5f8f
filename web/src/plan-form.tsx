// Making and editing a plan: one field for each member, the server's own words where it refuses one.
import { useEffect, useRef, useState } from 'preact/hooks';
import { ApiError, call, curlOf, key } from './api';
import { readerZone } from './format';
import { useResource } from './hooks';
import { type ComponentDraft, type Draft, draftOf, emptyComponent, emptyDraft, inputOf, keysOf } from './plan-draft';
import { go, href, place } from './router';
import type { Package, Page, Plan, Product } from './types';
import { Curl, Empty, Field, Loading, Missing, ProblemBox, SelectField, TextField, View, say } from './ui';
import { plural } from './words';

type Put = (change: Partial<Draft>) => void;
interface Part {
    draft: Draft;
    put: Put;
    at: (pointer: string) => string | undefined;
}

const HOURS: [string, string][] = Array.from({ length: 24 }, (_, hour) => `${String(hour).padStart(2, '0')}:00`).map((hour) => [hour, hour]);
const zones = (): string[] => Intl.supportedValuesOf('timeZone');

function Basics({ draft, put, at, products, fixed }: Part & { products: Product[]; fixed: boolean }) {
    return (
        <fieldset><legend>Plan</legend>
            <TextField label="Name" value={draft.name} change={(name) => put({ name })} error={at('/name')} hint="1 to 100 characters, unique in the product" />
            {fixed ? <TextField label="Product" value={draft.productKey} change={() => undefined} hint="fixed once the plan is saved" error={at('/productKey')} />
                : <SelectField label="Product" value={draft.productKey} change={(productKey) => put({ productKey, components: draft.components.map((component) => ({ ...component, packageId: '' })) })} error={at('/productKey')}
                    options={[['', 'choose …'], ...products.map(({ productKey, name }): [string, string] => [productKey, `${name} (${productKey})`])]} />}
            <SelectField label="Mode" value={draft.mode} change={(mode) => put({ mode: mode as Draft['mode'] })} error={at('/mode')} hint="manual: nothing reaches a device before its user confirmed" options={[['silent', 'silent'], ['manual', 'manual']]} />
            <TextField label="Time zone" value={draft.timeZone} change={(timeZone) => put({ timeZone })} list="zones" error={at('/timeZone')} hint="planned time and push period are read in it" />
            <datalist id="zones">{zones().map((zone) => <option key={zone} value={zone} />)}</datalist>
        </fieldset>
    );
}

function Times({ draft, put, at }: Part) {
    return (
        <fieldset><legend>When</legend>
            <TextField label="Planned start" type="datetime-local" value={draft.plannedStart} change={(plannedStart) => put({ plannedStart })} error={at('/plannedTime/start') ?? at('/plannedTime')} hint="empty: at once" />
            <TextField label="Planned end" type="datetime-local" value={draft.plannedEnd} change={(plannedEnd) => put({ plannedEnd })} error={at('/plannedTime/end')} hint="empty: without end" />
            <SelectField label="Push period from" value={draft.pushStart} change={(pushStart) => put({ pushStart })} options={[['', 'the whole day'], ...HOURS]} error={at('/pushPeriod/start') ?? at('/pushPeriod')} hint="daily; may cross midnight" />
            <SelectField label="Push period to" value={draft.pushEnd} change={(pushEnd) => put({ pushEnd })} options={[['', 'the whole day'], ...HOURS]} error={at('/pushPeriod/end')} />
        </fieldset>
    );
}

function StrategyPart({ draft, put, at }: Part) {
    return (
        <fieldset><legend>Strategy</legend>
            <TextField label="Retries" type="number" value={draft.retries} change={(retries) => put({ retries })} error={at('/strategy/retries')} hint="0 to 5, after the first attempt" />
            <TextField label="Signal at least (dBm)" type="number" value={draft.minSignal} change={(minSignal) => put({ minSignal })} error={at('/strategy/minSignal')} hint="RSRP, −140 to −44" />
            <TextField label="Battery at least (%)" type="number" value={draft.minBattery} change={(minBattery) => put({ minBattery })} error={at('/strategy/minBattery')} hint="0 to 100" />
            <TextField label="Minutes for an attempt" type="number" value={draft.timeoutMinutes} change={(timeoutMinutes) => put({ timeoutMinutes })} error={at('/strategy/timeoutMinutes')} hint="1 to 1440, without a word of the device" />
        </fieldset>
    );
}

function ComponentPart({ component, i, put, at, packages, remove }: {
    component: ComponentDraft; i: number; put: (change: Partial<ComponentDraft>) => void; at: Part['at']; packages: Package[]; remove: (() => void) | undefined;
}) {
    const own = (member: string): string | undefined => at(`/components/${i}/${member}`);
    const fitting = packages.filter((item) => item.componentType === component.componentType);
    return (
        <div class="component-row" role="group" aria-label={`Component ${i + 1}`}>
            <TextField label="Identifier" value={component.componentNo} change={(componentNo) => put({ componentNo })} error={own('componentNo')} hint="as the device reports it" />
            <TextField label="Component name" value={component.name} change={(name) => put({ name })} error={own('name')} />
            <SelectField label="Type" value={component.componentType} change={(type) => put({ componentType: type as ComponentDraft['componentType'], packageId: '' })} options={[['module', 'module'], ['mcu', 'MCU']]} error={own('componentType')} />
            <SelectField label="Package" value={component.packageId} change={(packageId) => put({ packageId })} error={own('packageId')}
                options={[['', fitting.length === 0 ? 'none of this product and type' : 'choose …'], ...fitting.map((item): [string, string] => [String(item.id), `${item.name} → ${item.targetVersion}`])]} />
            <TextField label="Sequence" type="number" value={component.sequence} change={(sequence) => put({ sequence })} error={own('sequence')} />
            {remove !== undefined && <button type="button" class="quiet" aria-label={`Remove component ${i + 1}`} onClick={remove}>✕</button>}
        </div>
    );
}

function Components({ draft, put, at, packages }: Part & { packages: Package[] }) {
    const change = (i: number, change: Partial<ComponentDraft>): void => put({ components: draft.components.map((component, j) => (i === j ? { ...component, ...change } : component)) });
    const next = 1 + Math.max(0, ...draft.components.map(({ sequence }) => Number(sequence) || 0));
    return (
        <fieldset class="whole"><legend>Components</legend>
            {draft.components.map((component, i) => (
                <ComponentPart key={i} component={component} i={i} at={at} packages={packages} put={(changes) => change(i, changes)}
                    remove={draft.components.length > 1 ? () => put({ components: draft.components.filter((_, j) => j !== i) }) : undefined} />
            ))}
            <button type="button" disabled={draft.components.length >= 20} onClick={() => put({ components: [...draft.components, emptyComponent(next)] })}>Add a component</button>
        </fieldset>
    );
}

function ListPart({ label, value, change, count, error }: { label: string; value: string; change: (value: string) => void; count: number; error: string | undefined }) {
    const load = async (file: File | undefined): Promise<void> => {
        if (file !== undefined) {
            change(await file.text());
        }
    };
    const typed = keysOf(value).length;
    return (
        <Field label={label} error={error} hint={`${typed > 0 ? `${plural(typed, 'key')} here` : 'one device key a line'}${count > 0 ? `; empty keeps the ${plural(count, 'key')} it has` : ''}`}>
            {(id, described) => <>
                <textarea id={id} rows={4} aria-describedby={described} value={value} spellcheck={false} onInput={(event) => change(event.currentTarget.value)} />
                <input type="file" accept=".csv,.txt,text/csv,text/plain" aria-label={`${label} from a file`} onChange={(event) => void load(event.currentTarget.files?.[0])} />
            </>}
        </Field>
    );
}

function Texts({ draft, put, at }: Part) {
    const change = (i: number, change: Partial<Draft['texts'][number]>): void => put({ texts: draft.texts.map((text, j) => (i === j ? { ...text, ...change } : text)) });
    const missing = ['zh', 'en'].filter((language) => !draft.texts.some((text) => text.language === language));
    return (
        <fieldset class="whole"><legend>Upgrade text</legend>
            <p class="hint">Shown to the device's user; Chinese (zh) and English (en) are both required in manual mode, or when there is any text.</p>
            {at('/upgradeText') !== undefined && <p class="error" role="alert">{at('/upgradeText')}</p>}
            {draft.texts.map((text, i) => (
                <div key={i} class="component-row" role="group" aria-label={`Text ${i + 1}`}>
                    <TextField label="Language" value={text.language} change={(language) => change(i, { language })} />
                    <TextField label="Text" value={text.text} change={(value) => change(i, { text: value })} />
                    <button type="button" class="quiet" aria-label={`Remove text ${i + 1}`} onClick={() => put({ texts: draft.texts.filter((_, j) => j !== i) })}>✕</button>
                </div>
            ))}
            <button type="button" onClick={() => put({ texts: [...draft.texts, ...(missing.length > 0 ? missing : ['']).map((language) => ({ language, text: '' }))] })}>Add {missing.length > 0 ? missing.join(' and ') : 'a language'}</button>
        </fieldset>
    );
}

function Form({ start, plan }: { start: Draft; plan: Plan | undefined }) {
    const [draft, setDraft] = useState(start);
    const [error, setError] = useState<ApiError | undefined>();
    const form = useRef<HTMLFormElement>(null);
    const products = useResource<Page<Product>>('/products?limit=1000', (event) => event.kind === 'product').data?.items;
    const packages = useResource<Page<Package>>(draft.productKey === '' ? null : `/packages?productKey=${key(draft.productKey)}&limit=1000`, (event) => event.kind === 'package').data?.items ?? [];
    const put: Put = (change) => setDraft((old) => ({ ...old, ...change }));
    const at = (pointer: string): string | undefined => error?.at(pointer);
    const [method, path] = plan === undefined ? ['POST', '/plans'] : ['PUT', `/plans/${plan.id}`];
    const input = inputOf(draft);
    useEffect(() => form.current?.querySelector<HTMLElement>('[aria-invalid="true"]')?.focus(), [error]);
    const save = async (): Promise<void> => {
        try {
            const saved = await call<Plan>(method, path, input);
            say(plan === undefined ? 'Saved: activate it when it may begin' : 'Saved');
            go(href('plans', saved.id));
        } catch (problem) {
            setError(problem instanceof ApiError ? problem : undefined);
        }
    };
    if (products !== undefined && products.length === 0) {
        return <Empty title="There is no product yet"><p>A plan belongs to a product: <a href="#/products">make one first</a>.</p></Empty>;
    }
    return (
        <form ref={form} class="form" noValidate onSubmit={(event) => { event.preventDefault(); void save(); }}>
            <ProblemBox error={error} />
            <Basics draft={draft} put={put} at={at} products={products ?? []} fixed={plan !== undefined} />
            <Components draft={draft} put={put} at={at} packages={packages} />
            <Times draft={draft} put={put} at={at} />
            <StrategyPart draft={draft} put={put} at={at} />
            <fieldset><legend>Devices</legend>
                <ListPart label="Whitelist" value={draft.whitelist} change={(whitelist) => put({ whitelist })} count={plan?.whitelistCount ?? 0} error={at('/whitelist')} />
                <ListPart label="Blacklist" value={draft.blacklist} change={(blacklist) => put({ blacklist })} count={plan?.blacklistCount ?? 0} error={at('/blacklist')} />
            </fieldset>
            <Texts draft={draft} put={put} at={at} />
            <Curl line={curlOf(method, path, input)} />
            <div class="row end"><a class="button" href={plan === undefined ? '#/plans' : href('plans', plan.id)}>Cancel</a><button type="submit" class="primary">Save</button></div>
        </form>
    );
}

export function PlanFormView({ id }: { id: number | undefined }) {
    const plan = useResource<Plan>(id === undefined ? null : `/plans/${id}`, () => false);
    if (id !== undefined && plan.data === undefined) {
        return <Missing error={plan.error} what="plan" back="#/plans" />;
    }
    const title = plan.data === undefined ? 'New plan' : `Edit ${plan.data.name}`;
    if (plan.data !== undefined && plan.data.status !== 'saved') {
        return <View title={title}><Empty title="This plan cannot be edited any more"><p>Only a saved plan can. <a href={href('plans', plan.data.id)}>Back to it</a></p></Empty></View>;
    }
    const product = place.value.query.get('product') ?? '';
    return <View title={title} crumbs={[['Upgrade plans', '#/plans']]}>{id !== undefined && plan.data === undefined ? <Loading /> : <Form start={plan.data === undefined ? { ...emptyDraft(readerZone()), productKey: product } : draftOf(plan.data)} plan={plan.data} />}</View>;
}
