// The device list of a plan as the browser keeps it: loaded once, kept up to date by events, filtered without asking.
//
//   all      by device key, as the server lists them        10,000 rows: one object each, replaced when its device changes
import type { Event } from './events';
import type { DeviceStatus, LogEntry, PlanDevice, PlanDeviceComponent, Warnings } from './types';

export interface Filter {
    q: string;
    status: DeviceStatus | '';
}

export class Rows {
    readonly byKey = new Map<string, PlanDevice>();
    private order: string[] = [];

    constructor(items: PlanDevice[]) {
        for (const item of items) {
            this.byKey.set(item.deviceKey, item);
        }
        this.order = [...this.byKey.keys()];
    }

    get size(): number {
        return this.order.length;
    }

    // Whether the event changed a row. A device that is not among them is named in `unknown`.
    apply(event: Event, unknown: Set<string>): boolean {
        const warning = warningOf(event);
        if ((event.kind !== 'device' && warning === undefined) || event.deviceKey === null) {
            return false;
        }
        const row = this.byKey.get(event.deviceKey);
        if (row === undefined) {
            unknown.add(event.deviceKey);
            return false;
        }
        const next = warning !== undefined ? { ...row, warnings: withWarning(row.warnings, warning) } : event.what === 'progress' ? withProgress(row, event) : withUpgrade(row, event);
        this.byKey.set(row.deviceKey, next);
        return next !== row;
    }

    put(row: PlanDevice): void {
        if (!this.byKey.has(row.deviceKey)) {
            const at = this.order.findIndex((key) => key > row.deviceKey);
            this.order.splice(at < 0 ? this.order.length : at, 0, row.deviceKey);
        }
        this.byKey.set(row.deviceKey, row);
    }

    select({ q, status }: Filter): PlanDevice[] {
        const wanted = q.toLowerCase();
        const rows: PlanDevice[] = [];
        for (const key of this.order) {
            const row = this.byKey.get(key);
            if (row !== undefined && (status === '' || row.status === status) && (wanted === '' || key.toLowerCase().includes(wanted))) {
                rows.push(row);
            }
        }
        return rows;
    }
}

// The log entry by which the referee warns: 'statusOrder: status 9 right behind status 5'.
export function warningOf(event: Event): LogEntry | undefined {
    const entry = event.kind === 'log' ? event['entry'] as LogEntry | undefined : undefined;
    return entry?.kind === 'protocolWarning' ? entry : undefined;
}

export function withWarning(warnings: Warnings, { at, detail }: LogEntry): Warnings {
    const rule = detail?.split(':', 1)[0] ?? '';
    const before = warnings.find((warning) => warning.rule === rule)?.count ?? 0;
    return [...warnings.filter((warning) => warning.rule !== rule), { rule, count: before + 1, lastAt: at }];
}

function withProgress(row: PlanDevice, event: Event): PlanDevice {
    const progress = Number(event['progress']);
    if (!Number.isFinite(progress)) {
        return row;
    }
    return { ...row, components: row.components.map((component) => (component.componentNo === event['componentNo'] ? { ...component, progress } : component)) };
}

function withUpgrade(row: PlanDevice, event: Event): PlanDevice {
    if (event.what !== 'upgrade') {
        return row;
    }
    const changed = new Map((event['components'] as Partial<PlanDeviceComponent>[]).map((component) => [component.componentNo, component]));
    return {
        ...row,
        status: event['status'] as DeviceStatus,
        reason: event['reason'] as PlanDevice['reason'],
        startedAt: event['startedAt'] as string | null,
        endedAt: event['endedAt'] as string | null,
        components: row.components.map((component) => ({ ...component, ...changed.get(component.componentNo) })),
    };
}

// How far a device is in the whole plan, in percent: each component counts alike; a download is half of its component.
export function overallProgress(row: PlanDevice): number {
    if (row.components.length === 0) {
        return 0;
    }
    const parts = row.components.map(({ step, progress }) => {
        switch (step) {
        case 'successful': return 100;
        case 'upgrading': return 75;
        case 'downloading': return 10 + 0.6 * progress;
        case 'confirmed': return 10;
        default: return 0;
        }
    });
    return Math.round(parts.reduce((sum, part) => sum + part, 0) / parts.length);
}

// 'STM32 downloading 40 %': what the device is doing now, in few words.
export function currentStep(row: PlanDevice): PlanDeviceComponent | undefined {
    return row.components.find(({ step }) => step !== 'successful' && step !== 'waiting' && step !== 'failed') ?? row.components.find(({ step }) => step === 'failed');
}
