// What the app of a device's user would show: the plan that waits for a yes, now or in a window, or a no.
import { useState } from 'preact/hooks';
import { call, curlOf, key, ApiError } from './api';
import { useResource } from './hooks';
import type { WaitingPlan } from './types';
import { Action, Curl, Definition, ProblemBox, TextField, Time, say } from './ui';

export function Consent({ productKey, deviceKey, zone }: { productKey: string; deviceKey: string; zone?: string }) {
    const path = `/products/${key(productKey)}/devices/${key(deviceKey)}/upgrade`;
    const { data, error, reload } = useResource<WaitingPlan>(path, (event) => event.kind === 'plan' || event.kind === 'clock' || (event.deviceKey === deviceKey && event.what !== 'progress'));
    const [from, setFrom] = useState('');
    const [to, setTo] = useState('');
    const [refused, setRefused] = useState<ApiError | undefined>();
    if (data === undefined) {
        return error === undefined || error.problem.status === 404 ? null : <ProblemBox error={error} />;
    }
    const body = { ...(from === '' ? {} : { from }), ...(to === '' ? {} : { to }) };
    const confirm = async (): Promise<void> => {
        try {
            await call('POST', `${path}/confirm`, body);
            setRefused(undefined);
            say('Confirmed');
            reload();
        } catch (problem) {
            setRefused(problem instanceof ApiError ? problem : undefined);
        }
    };
    return (
        <section class="card attention" aria-labelledby="consent">
            <h2 id="consent">{data.confirmed ? 'Its user has confirmed' : 'Waits for its user'}</h2>
            <Definition items={[
                ['Plan', data.name],
                ['Text', data.text],
                ['Components', data.components.map((component) => `${component.componentNo} ${component.sourceVersion ?? '?'} → ${component.targetVersion ?? '?'}`).join(', ')],
                ...(data.confirmed ? [['Window', <>{data.from === null ? 'at once' : <Time at={data.from} zone={zone} />} to {data.to === null ? 'without end' : <Time at={data.to} zone={zone} />}</>] as [string, preact.ComponentChildren]] : []),
            ]} />
            <form class="toolbar" onSubmit={(event) => { event.preventDefault(); void confirm(); }}>
                <TextField label="From (plan's zone)" type="datetime-local" value={from} change={setFrom} hint="empty: now" error={refused?.at('/from')} />
                <TextField label="To (plan's zone)" type="datetime-local" value={to} change={setTo} hint="empty: without end; else an hour or more" error={refused?.at('/to')} />
                <button type="submit" class="primary">{data.confirmed ? 'Confirm another window' : 'Confirm'}</button>
                <Action label="Decline" kind="danger" wanted={{ method: 'POST', path: `${path}/decline` }} done={reload} ask={<p>The device fails in this plan with the reason <code>declined</code>.</p>} />
            </form>
            <ProblemBox error={refused} />
            <Curl line={curlOf('POST', `${path}/confirm`, body)} />
        </section>
    );
}
