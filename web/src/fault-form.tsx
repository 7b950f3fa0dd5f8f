// Arming a fault: a point, one of its actions with exactly the members that it has, whom it is for, and when it fires.
import { useEffect, useRef, useState } from 'preact/hooks';
import { ApiError, call, curlOf, key } from './api';
import { type FaultDraft, type Member, MEMBERS, POINTS, actionOf, draftOfQuery, faultInputOf, withPoint } from './fault-draft';
import { useProducts, useResource } from './hooks';
import { go, place } from './router';
import type { Device, Fault, FaultPoint, Page, Plan, Step } from './types';
import { Curl, ProblemBox, SelectField, TextField, View, productOptions, say } from './ui';
import { stepWords } from './words';

type Put = (change: Partial<FaultDraft>) => void;
interface Part {
    draft: FaultDraft;
    put: Put;
    at: (pointer: string) => string | undefined;
}

const STEPS = (Object.entries(stepWords) as [Step, string][]).filter(([step]) => step !== 'waiting');

function MemberField({ draft, put, at, member, optional }: Part & { member: Member; optional: boolean }) {
    const { label, hint } = MEMBERS[member];
    const change = (value: string): void => put({ members: { ...draft.members, [member]: value } });
    const common = { label, value: draft.members[member] ?? '', change, error: at(`/action/${member}`), hint: optional ? `${hint === undefined ? '' : `${hint}; `}may be empty` : hint };
    const choices: [string, string][] | undefined = member === 'field' ? POINTS[draft.point].fields.map((field) => [field, field]) : member === 'atStep' ? STEPS : undefined;
    return choices === undefined ? <TextField {...common} /> : <SelectField {...common} options={[['', 'choose …'], ...choices]} />;
}

function What({ draft, put, at }: Part) {
    const action = actionOf(draft.point, draft.type);
    return (
        <fieldset><legend>What goes wrong</legend>
            <SelectField label="Point" value={draft.point} change={(point) => put(withPoint(draft, point as FaultPoint))} error={at('/point')} hint={`one use of it: ${POINTS[draft.point].use}`}
                options={Object.entries(POINTS).map(([point, { words }]) => [point, `${words} (${point})`])} />
            <SelectField label="Action" value={draft.type} change={(type) => put({ type: type as FaultDraft['type'] })} error={at('/action/type')}
                options={POINTS[draft.point].actions.map(({ type, words }) => [type, `${words} (${type})`])} />
            {action?.members.map((member) => <MemberField key={member} draft={draft} put={put} at={at} member={member} optional={false} />)}
            {action?.optional.map((member) => <MemberField key={member} draft={draft} put={put} at={at} member={member} optional />)}
        </fieldset>
    );
}

function ForWhom({ draft, put, at }: Part) {
    const { match } = draft;
    const set = (name: keyof FaultDraft['match']) => (value: string): void => put({ match: { ...match, [name]: value } });
    const products = useProducts();
    const ofProduct = match.productKey === '' ? '' : `&productKey=${key(match.productKey)}`;
    const plans = useResource<Page<Plan>>(`/plans?limit=1000${ofProduct}`, (event) => event.kind === 'plan').data?.items ?? [];
    const devices = useResource<Page<Device>>(match.productKey === '' ? null : `/products/${key(match.productKey)}/devices?limit=200${match.deviceKey === '' ? '' : `&q=${key(match.deviceKey)}`}`, () => false).data?.items ?? [];
    const chosen = plans.filter((plan) => match.planId === '' || String(plan.id) === match.planId);
    const components = [...new Set(chosen.flatMap((plan) => plan.components.map(({ componentNo }) => componentNo)))];
    return (
        <fieldset class="narrow"><legend>For whom</legend>
            <SelectField label="Product" value={match.productKey} change={set('productKey')} error={at('/match/productKey')} options={productOptions(products, 'every product', match.productKey)} />
            <TextField label="Device key" value={match.deviceKey} change={set('deviceKey')} list="fault-devices" error={at('/match/deviceKey')} hint="empty: every device" />
            <datalist id="fault-devices">{devices.map(({ deviceKey }) => <option key={deviceKey} value={deviceKey} />)}</datalist>
            <SelectField label="Plan" value={match.planId} change={set('planId')} error={at('/match/planId')}
                options={[['', 'every plan'], ...plans.map(({ id, name }): [string, string] => [String(id), `${name} (${id})`]), ...(match.planId === '' || chosen.length > 0 ? [] : [[match.planId, `plan ${match.planId}`] as [string, string]])]} />
            <TextField label="Component" value={match.componentNo} change={set('componentNo')} list="fault-components" error={at('/match/componentNo')} hint="empty: every component" />
            <datalist id="fault-components">{components.map((componentNo) => <option key={componentNo} value={componentNo} />)}</datalist>
            <TextField label="Attempt" type="number" value={match.attempt} change={set('attempt')} error={at('/match/attempt')} hint="of the component, from 1; empty: every one" />
        </fieldset>
    );
}

function When({ draft, put, at }: Part) {
    const { trigger } = draft;
    const set = (name: keyof FaultDraft['trigger']) => (value: string): void => put({ trigger: { ...trigger, [name]: value } });
    return (
        <fieldset class="narrow"><legend>When it fires</legend>
            <TextField label="Times" type="number" value={trigger.times} change={set('times')} error={at('/trigger/times')} hint="at most so often; empty: without end" />
            <TextField label="Skip" type="number" value={trigger.skip} change={set('skip')} error={at('/trigger/skip')} hint="so many uses pass first" />
            <TextField label="Every nth" type="number" value={trigger.everyNth} change={set('everyNth')} error={at('/trigger/everyNth')} hint="empty: each" />
            <TextField label="Probability" value={trigger.probability} change={set('probability')} error={at('/trigger/probability')} hint="0 to 1; empty: always" />
            <TextField label="Seed" type="number" value={trigger.seed} change={set('seed')} error={at('/trigger/seed')} hint="of the probability: the same seed gives the same run" />
        </fieldset>
    );
}

export function FaultFormView() {
    const [draft, setDraft] = useState(() => draftOfQuery(place.value.query));
    const [error, setError] = useState<ApiError | undefined>();
    const form = useRef<HTMLFormElement>(null);
    const put: Put = (change) => setDraft((old) => ({ ...old, ...change }));
    const at = (pointer: string): string | undefined => error?.at(pointer);
    const input = faultInputOf(draft);
    useEffect(() => form.current?.querySelector<HTMLElement>('[aria-invalid="true"]')?.focus(), [error]);
    const arm = async (): Promise<void> => {
        try {
            const fault = await call<Fault>('POST', '/faults', input);
            say(`Fault ${fault.id} is armed: it acts from the next use on`);
            go(draft.match.productKey === '' ? '#/faults' : `#/faults?productKey=${key(draft.match.productKey)}`);
        } catch (problem) {
            setError(problem instanceof ApiError ? problem : undefined);
        }
    };
    return (
        <View title="Arm a fault" crumbs={[['Faults', '#/faults']]}>
            <form ref={form} class="form" noValidate onSubmit={(event) => { event.preventDefault(); void arm(); }}>
                <ProblemBox error={error} />
                <What draft={draft} put={put} at={at} />
                <ForWhom draft={draft} put={put} at={at} />
                <When draft={draft} put={put} at={at} />
                <Curl line={curlOf('POST', '/faults', input)} />
                <div class="row end"><a class="button" href="#/faults">Cancel</a><button type="submit" class="primary">Arm</button></div>
            </form>
        </View>
    );
}
