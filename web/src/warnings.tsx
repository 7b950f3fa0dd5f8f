// What the referee says of a device: each rule that it broke, how often, when last, and what a right device does instead.
import { journalHref, type Filters } from './journal-words';
import type { Warnings } from './types';
import { Table, Time } from './ui';
import { plural, ruleWords } from './words';

export const warningCount = (warnings: Warnings): number => warnings.reduce((sum, { count }) => sum + count, 0);

// A small mark where devices are listed; nothing for one that kept to the protocol.
export function WarningMark({ warnings }: { warnings: Warnings }) {
    const count = warningCount(warnings);
    return count === 0 ? null : (
        <span class="badge warning-mark" title={warnings.map((warning) => `${warning.rule}: ${warning.count}`).join('\n')}>
            <span aria-hidden="true">⚠</span>{count.toLocaleString('en')}<span class="hidden"> {count === 1 ? 'protocol warning' : 'protocol warnings'}</span>
        </span>
    );
}

export function WarningsCard({ warnings, zone, journal }: { warnings: Warnings; zone?: string; journal: Filters }) {
    return warnings.length === 0 ? null : (
        <section class="card" aria-labelledby="warnings">
            <div class="row title"><h2 id="warnings">Breaches of the protocol</h2><a class="button" href={journalHref({ ...journal, kind: 'warning' })}>In the journal</a></div>
            <p class="hint">{plural(warningCount(warnings), 'warning')} of the referee. They change nothing in what the server does.</p>
            <Table caption="Rules that it broke" rows={warnings} rowKey={({ rule }) => rule} columns={[
                ['Rule', ({ rule }) => <span class="mono kind kind-warning">{rule}</span>],
                ['What a right device does', ({ rule }) => ruleWords[rule] ?? <span class="none">–</span>],
                ['Told', ({ count }) => (count === 1 ? 'once' : `${count.toLocaleString('en')} times`)],
                ['Last', ({ lastAt }) => <Time at={lastAt} zone={zone} />],
            ]} />
        </section>
    );
}
