// Ring and bars of a plan's devices, and the timeline of outcomes.
import { useEffect, useRef } from 'preact/hooks';
import uPlot from 'uplot';
import { formatInstant, formatPercent, readerZone } from './format';
import type { DeviceStatus, Statistics } from './types';
import { DeviceStatusBadge, planZoneWanted } from './ui';
import { deviceStatusWords } from './words';

export const STATUSES: DeviceStatus[] = ['failed', 'upgraded', 'inUpgrade', 'nonUpgraded'];

export interface Slice {
    status: DeviceStatus;
    from: number; // of the ring, 0..1
    part: number;
}

// The slices of the ring in the order of STATUSES; what is empty has none.
export function slices(counts: Pick<Statistics, DeviceStatus>): Slice[] {
    const total = STATUSES.reduce((sum, status) => sum + counts[status], 0);
    const made: Slice[] = [];
    let from = 0;
    for (const status of STATUSES) {
        if (counts[status] > 0) {
            const part = counts[status] / total;
            made.push({ status, from, part });
            from += part;
        }
    }
    return made;
}

const RADIUS = 60;
const AROUND = 2 * Math.PI * RADIUS;
const GAP = 2; // between slices, so that they differ without colour too

export function Ring({ statistics }: { statistics: Statistics }) {
    const parts = slices(statistics);
    const words = STATUSES.map((status) => `${deviceStatusWords[status]} ${statistics[status]}`).join(', ');
    return (
        <svg class="ring" viewBox="0 0 160 160" role="img" aria-label={`Device status distribution: ${statistics.total} in all; ${words}`}>
            <circle cx="80" cy="80" r={RADIUS} class="ring-ground" />
            {parts.map(({ status, from, part }) => (
                <circle key={status} cx="80" cy="80" r={RADIUS} class={`ring-${status}`} transform={`rotate(${360 * from - 90} 80 80)`}
                    stroke-dasharray={`${Math.max(1, part * AROUND - (parts.length > 1 ? GAP : 0))} ${AROUND}`} />
            ))}
            <text x="80" y="74" class="ring-total">{statistics.total.toLocaleString('en')}</text>
            <text x="80" y="99" class="ring-word">{statistics.total === 1 ? 'device' : 'devices'}</text>
        </svg>
    );
}

export function Bars({ statistics, chosen, choose }: { statistics: Statistics; chosen: DeviceStatus | ''; choose: (status: DeviceStatus | '') => void }) {
    return (
        <ul class="bars" aria-label="Devices by status; choose one to filter the list">
            {STATUSES.map((status) => (
                <li key={status}>
                    <button type="button" class="bar" aria-pressed={chosen === status} onClick={() => choose(chosen === status ? '' : status)}>
                        <DeviceStatusBadge status={status} />
                        <span class="bar-track" aria-hidden="true"><span class={`fill-${status}`} style={{ inlineSize: `${statistics.total === 0 ? 0 : (100 * statistics[status]) / statistics.total}%` }} /></span>
                        <span class="bar-count"><b>{statistics[status].toLocaleString('en')}</b> {formatPercent(statistics[status], statistics.total)}</span>
                    </button>
                </li>
            ))}
        </ul>
    );
}

export type Outcomes = [at: number[], upgraded: number[], failed: number[]];

// The timeline as sums over time, in the form that uPlot takes: seconds, then one array a line. It starts at nothing.
export function outcomes(timeline: Statistics['timeline']): Outcomes {
    const first = timeline[0];
    if (first === undefined) {
        return [[], [], []];
    }
    const made: Outcomes = [[Date.parse(first.at) / 1000 - 60], [0], [0]];
    let [upgraded, failed] = [0, 0];
    for (const point of timeline) {
        upgraded += point.upgraded;
        failed += point.failed;
        made[0].push(Date.parse(point.at) / 1000);
        made[1].push(upgraded);
        made[2].push(failed);
    }
    return made;
}

export function Timeline({ statistics, zone }: { statistics: Statistics; zone: string }) {
    const place = useRef<HTMLDivElement>(null);
    const plot = useRef<uPlot | null>(null);
    const shownZone = planZoneWanted.value ? zone : readerZone();
    useEffect(() => {
        const element = place.current;
        if (element === null) {
            return undefined;
        }
        const style = getComputedStyle(document.documentElement);
        const colour = (name: string): string => style.getPropertyValue(name).trim();
        const axis = { stroke: colour('--text-soft'), grid: { stroke: colour('--line'), width: 1 }, ticks: { stroke: colour('--line'), width: 1 } };
        const stepped = uPlot.paths.stepped?.({ align: 1 });
        const line = { width: 2, points: { show: false }, ...(stepped === undefined ? {} : { paths: stepped }) };
        plot.current = new uPlot({
            width: element.clientWidth, height: 190, padding: [8, 32, 0, 0], legend: { show: false }, cursor: { show: false },
            axes: [{ ...axis, values: (_, at) => at.map((seconds) => formatInstant(new Date(seconds * 1000).toISOString(), shownZone).slice(11)) }, { ...axis, size: 46, incrs: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10000, 100000] }],
            scales: { y: { range: (_, __, most) => [0, Math.max(1, most * 1.1)] } },
            series: [{}, { ...line, stroke: colour('--upgraded') }, { ...line, stroke: colour('--failed'), dash: [6, 4] }],
        }, outcomes(statistics.timeline), element);
        const watch = new ResizeObserver(() => plot.current?.setSize({ width: element.clientWidth, height: 190 }));
        watch.observe(element);
        return () => {
            watch.disconnect();
            plot.current?.destroy();
        };
    }, [shownZone]);
    useEffect(() => plot.current?.setData(outcomes(statistics.timeline)), [statistics]);
    const last = statistics.timeline.at(-1);
    return (
        <figure class="timeline">
            <figcaption>Outcomes over time: upgraded (solid) and failed (dashed){last === undefined ? '' : `, last at ${formatInstant(last.at, shownZone)}`}</figcaption>
            <div ref={place} role="img" aria-label={`Outcomes over time: ${statistics.upgraded} upgraded, ${statistics.failed} failed so far`} />
            {last === undefined && <p class="none">No device has finished yet.</p>}
        </figure>
    );
}
