// A plan while it is being written: texts as typed, and the PlanInput that they become. No rule of the server stands here;
// what is wrong the server says, at the member.
import type { Plan, PlanInput } from './types';

export interface ComponentDraft {
    componentNo: string;
    name: string;
    componentType: 'module' | 'mcu';
    packageId: string;
    sequence: string;
}

export interface Draft {
    name: string;
    productKey: string;
    mode: 'silent' | 'manual';
    timeZone: string;
    pushStart: string; // '' with pushEnd '': the whole day
    pushEnd: string;
    plannedStart: string;
    plannedEnd: string;
    retries: string;
    minSignal: string;
    minBattery: string;
    timeoutMinutes: string;
    components: ComponentDraft[];
    whitelist: string; // device keys, apart by anything that is no key; '' leaves the list as it is
    blacklist: string;
    texts: { language: string; text: string }[];
}

export const emptyComponent = (sequence: number): ComponentDraft => ({ componentNo: '', name: '', componentType: 'mcu', packageId: '', sequence: String(sequence) });

export const emptyDraft = (zone: string): Draft => ({
    name: '', productKey: '', mode: 'silent', timeZone: zone, pushStart: '', pushEnd: '', plannedStart: '', plannedEnd: '',
    retries: '5', minSignal: '-113', minBattery: '30', timeoutMinutes: '60', components: [emptyComponent(1)], whitelist: '', blacklist: '', texts: [],
});

export function draftOf(plan: Plan): Draft {
    const { strategy } = plan;
    return {
        name: plan.name, productKey: plan.productKey, mode: plan.mode, timeZone: plan.timeZone,
        pushStart: plan.pushPeriod?.start ?? '', pushEnd: plan.pushPeriod?.end ?? '',
        plannedStart: plan.plannedTime?.start ?? '', plannedEnd: plan.plannedTime?.end ?? '',
        retries: String(strategy?.retries ?? 5), minSignal: String(strategy?.minSignal ?? -113), minBattery: String(strategy?.minBattery ?? 30), timeoutMinutes: String(strategy?.timeoutMinutes ?? 60),
        components: plan.components.map((component) => ({ componentNo: component.componentNo, name: component.name, componentType: component.componentType, packageId: String(component.packageId), sequence: String(component.sequence) })),
        whitelist: '', blacklist: '',
        texts: Object.entries(plan.upgradeText ?? {}).map(([language, text]) => ({ language, text: String(text) })),
    };
}

// '12' is 12; '12x' and '' stay what they are, so that the server names the member.
export const numberOf = (text: string): number => (/^-?\d+$/.test(text.trim()) ? Number(text) : (text as unknown as number));

export const keysOf = (text: string): string[] => text.split(/[\s,;]+/).filter((key) => key !== '');

export function inputOf(draft: Draft): PlanInput {
    const { pushStart, pushEnd, plannedStart, plannedEnd, texts } = draft;
    return {
        name: draft.name, productKey: draft.productKey, mode: draft.mode, timeZone: draft.timeZone,
        ...(pushStart === '' && pushEnd === '' ? {} : { pushPeriod: { start: pushStart, end: pushEnd } }),
        ...(plannedStart === '' && plannedEnd === '' ? {} : { plannedTime: { ...(plannedStart === '' ? {} : { start: plannedStart }), ...(plannedEnd === '' ? {} : { end: plannedEnd }) } }),
        strategy: { retries: numberOf(draft.retries), minSignal: numberOf(draft.minSignal), minBattery: numberOf(draft.minBattery), timeoutMinutes: numberOf(draft.timeoutMinutes) },
        components: draft.components.map((component) => ({ ...component, packageId: numberOf(component.packageId), sequence: numberOf(component.sequence) })),
        ...(draft.whitelist.trim() === '' ? {} : { whitelist: keysOf(draft.whitelist) }),
        ...(draft.blacklist.trim() === '' ? {} : { blacklist: keysOf(draft.blacklist) }),
        ...(texts.length === 0 ? {} : { upgradeText: Object.fromEntries(texts.map(({ language, text }) => [language, text])) }),
    };
}
