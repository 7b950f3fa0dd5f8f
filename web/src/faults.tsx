// The faults that are armed, live: what each does, for whom, when, how often it fired and on whom last.
import { getAll, key } from './api';
import { csvOf, saveFile } from './csv';
import { actionText, matchText, triggerText } from './fault-draft';
import { journalHref } from './journal-words';
import { useLoaded, useProducts } from './hooks';
import { href, place, setQuery } from './router';
import type { Fault } from './types';
import { Action, Empty, Loading, ProblemBox, SelectField, Table, Time, View, productOptions } from './ui';
import { plural } from './words';

const MOST_FAULTS = 1000; // that a server keeps

const exportFaults = (faults: Fault[]): void => saveFile('faults.csv', 'text/csv', csvOf(
    ['id', 'point', 'action', 'match', 'trigger', 'seen', 'fired', 'exhausted', 'createdAt', 'lastFiredAt', 'lastFiredProduct', 'lastFiredDevice', 'lastFiredPlan'],
    faults.map((fault) => [fault.id, fault.point, JSON.stringify(fault.action), JSON.stringify(fault.match), JSON.stringify(fault.trigger), fault.seen, fault.fired, fault.exhausted,
        fault.createdAt, fault.lastFiredAt, fault.lastFiredOn?.productKey, fault.lastFiredOn?.deviceKey, fault.lastFiredOn?.planId])));

// On whom it fired: the device in its plan, the device, or who it was before it had a name.
function FiredOn({ fault }: { fault: Fault }) {
    const on = fault.lastFiredOn;
    if (on === null) {
        return <span class="none">not yet</span>;
    }
    const address = on.productKey === null || on.deviceKey === null ? undefined
        : on.planId === null ? href('devices', on.productKey, on.deviceKey) : href('plans', on.planId, 'devices', on.deviceKey);
    const more = [...(on.planId === null ? [] : [`plan ${on.planId}`]), ...(on.componentNo === null ? [] : [on.componentNo]), ...(on.attempt === null ? [] : [`attempt ${on.attempt}`])].join(', ');
    return (
        <span class="stacked">
            <span>{address === undefined ? on.productKey ?? 'a stranger' : <a class="mono" href={address}>{on.deviceKey}</a>}{more !== '' && <small> {more}</small>}</span>
            <small><Time at={fault.lastFiredAt} /></small>
        </span>
    );
}

const Fired = ({ fault }: { fault: Fault }) => (
    <span class="stacked"><span><b>{fault.fired.toLocaleString('en')}</b> of {plural(fault.seen, 'use')}</span>{fault.exhausted && <small>will not fire again</small>}</span>
);

export function FaultsView() {
    const product = place.value.query.get('productKey') ?? '';
    const products = useProducts();
    const path = product === '' ? '/faults' : `/faults?productKey=${key(product)}`;
    const { data, error } = useLoaded(path, (abort) => getAll<Fault>(path, MOST_FAULTS, abort), (event) => event.kind === 'fault');
    const faults = data?.items ?? [];
    return (
        <View title="Faults" actions={<a class="button primary" href={product === '' ? '#/faults/new' : `#/faults/new?productKey=${key(product)}`}>Arm a fault</a>}>
            <div class="toolbar">
                <SelectField label="Product" value={product} change={(value) => setQuery({ productKey: value })} options={productOptions(products, 'all', product)} />
                <button type="button" disabled={faults.length === 0} onClick={() => exportFaults(faults)}>Export CSV</button>
                <Action label={product === '' ? 'Clear all' : `Clear all of ${product}`} kind="danger" disabled={faults.length === 0} wanted={{ method: 'DELETE', path }} said="The faults are gone"
                    ask={<p>{plural(faults.length, 'fault')} {product === '' ? 'of all products' : <>that name <b>{product}</b></>} {faults.length === 1 ? 'goes' : 'go'}; what they did stays in journal and upgrade logs.</p>} />
                <a class="button" href={journalHref({ kind: 'fault', productKey: product })}>What fired, in the journal</a>
            </div>
            <ProblemBox error={error} />
            {data === undefined && error === undefined && <Loading />}
            {data !== undefined && faults.length === 0 && (
                <Empty title={product === '' ? 'No fault is armed' : 'No fault names this product'} curl={`curl ${location.origin}/api/v1/faults -H 'Content-Type: application/json' -d '{"point": "http.firmware", "action": {"type": "cut", "atByte": "50%"}, "trigger": {"times": 1}}'`}>
                    <p>A fault makes something go wrong at the moment that matters: a download breaks off, a notify is lost, a connect is refused. <a href="#/faults/new">Arm one</a>, or by the API:</p>
                </Empty>
            )}
            {faults.length > 0 && (
                <Table caption="Armed faults" rows={faults} rowKey={(fault) => fault.id} columns={[
                    ['Fault', (fault) => <span class="stacked"><span class="strong">{actionText(fault)}</span><small class="mono">{fault.id} · {fault.point} · {fault.action.type}</small></span>],
                    ['For', (fault) => matchText(fault.match)],
                    ['When', (fault) => triggerText(fault.trigger)],
                    ['Fired', (fault) => <Fired fault={fault} />],
                    ['Last', (fault) => <FiredOn fault={fault} />],
                    ['Armed', (fault) => <Time at={fault.createdAt} />],
                    ['More', (fault) => <Action label="Clear" name={`Clear fault ${fault.id}`} wanted={{ method: 'DELETE', path: `/faults/${fault.id}` }} said={`Fault ${fault.id} is gone`} />],
                ]} />
            )}
        </View>
    );
}
