// A fault while it is being written: which actions a point has and which members an action (the contract's own table, here
// once), texts as typed, the FaultInput that they become, and a fault in words.
//
//   POINTS --point--> actions --type--> members --typed--> FaultInput --POST /faults--> 201, or what is wrong at a member
import { numberOf } from './plan-draft';
import type { Fault, FaultAction, FaultField, FaultInput, FaultMatch, FaultPoint, FaultTrigger } from './types';
import { plural } from './words';

export type Member = Exclude<keyof FaultAction, 'type'>;
export interface ActionKind {
    type: FaultAction['type'];
    words: string;
    members: Member[]; // that it must have
    optional: Member[];
}
interface PointKind {
    words: string;
    use: string; // what counts as a use of it
    fields: FaultField[]; // what `field` may name
    actions: ActionKind[];
}

const does = (type: ActionKind['type'], words: string, members: Member[] = [], optional: Member[] = []): ActionKind => ({ type, words, members, optional });
const BOTH: FaultField[] = ['componentNo', 'sourceVersion', 'targetVersion', 'componentType'];

export const POINTS: Record<FaultPoint, PointKind> = {
    'mqtt.connect': {
        words: 'A device connects', use: 'a CONNECT', fields: [],
        actions: [
            does('refuse', 'Refuse with a CONNACK code', ['code']), does('bootstrapError', 'Answer the first connect with an error', ['code']),
            does('refuseSecret', 'Refuse the secret of the device'), does('close', 'Close without an answer'), does('silence', 'Never answer'),
        ],
    },
    'mqtt.link': {
        words: 'Its link', use: 'a frame, either way; or the link itself', fields: [],
        actions: [
            does('cut', 'Cut the link', [], ['afterFrames']), does('blackhole', 'Let nothing through', ['seconds']), does('delay', 'Delay every frame', ['ms']),
            does('dropFrame', 'Lose a frame', [], ['k']), does('duplicateFrame', 'Send a frame twice', [], ['k']), does('corruptFrame', 'Spoil a byte of a frame', [], ['k']),
        ],
    },
    'ota.notify': {
        words: 'The notify of a plan', use: 'a notify', fields: [...BOTH, 'batteryLimit', 'minSignalIntensity', 'useSpace'],
        actions: [
            does('drop', 'Never send it'), does('delay', 'Send it late', ['ms']), does('duplicate', 'Send it twice'), does('whileUpgrading', 'Send it again while it upgrades'),
            does('set', 'Change a member', ['field', 'value']), does('badChecksum', 'Spoil the checksum'), does('truncate', 'Cut its end off'), does('tooManyTasks', 'Send more tasks than allowed'),
        ],
    },
    'ota.url': {
        words: 'The firmware information', use: 'a firmware information', fields: [...BOTH, 'url', 'size', 'md5', 'crc', 'sha256'],
        actions: [
            does('drop', 'Never send it'), does('delay', 'Send it late', ['ms']), does('duplicate', 'Send it twice'), does('early', 'Send it before the confirm'), does('set', 'Change a member', ['field', 'value']),
            does('omit', 'Leave a member out', ['field']), does('unreachableHost', 'Name a host that nobody reaches'), does('expireToken', 'Let its link expire at once'),
        ],
    },
    'http.firmware': {
        words: 'The download', use: 'a request for firmware', fields: [],
        actions: [
            does('cut', 'Cut the body', ['atByte']), does('status', 'Answer with a status', ['code'], ['retryAfter', 'location']), does('refuse', 'Name a closed port'), does('reset', 'Reset the connection', [], ['afterBytes']),
            does('closeBeforeHeader', 'Close before the header'), does('headerDelay', 'Send the header late', ['seconds']), does('stall', 'Pause in the body', ['atByte', 'seconds']),
            does('throttle', 'Send slowly', ['bytesPerSecond']), does('shortBody', 'Send a short body as if it were all', ['bytes']), does('flipByte', 'Change a byte', ['atByte']), does('randomBytes', 'Send other bytes'),
            does('ignoreRange', 'Ignore Range'), does('rangeOffByOne', 'Answer a range that is one off'), does('chunked', 'Send it chunked'), does('noContentLength', 'Leave Content-Length out'),
            does('lowerCaseContentLength', 'Write content-length in lower case'), does('expire', 'Let the link expire on the way', ['atByte']),
        ],
    },
    plan: {
        words: 'The plan', use: 'a device that reaches a step', fields: [],
        actions: [
            does('suspend', 'Suspend the plan', ['atStep']), does('terminate', 'Terminate the plan', ['atStep']), does('end', 'End the plan', ['atStep']), does('revokePackage', 'Revoke the package', ['atStep']),
        ],
    },
};

// Of `field` and `value`: which fields are numbers in the contract.
export const NUMBER_FIELDS: FaultField[] = ['componentType', 'batteryLimit', 'useSpace', 'minSignalIntensity', 'size'];

interface MemberKind {
    label: string;
    hint?: string;
    words: (value: string) => string;
}

const place = (value: string): string => (value.endsWith('%') ? `${value.slice(0, -1)} %` : `byte ${value}`);

export const MEMBERS: Record<Member, MemberKind> = {
    code: { label: 'Code', words: (value) => `code ${value}` },
    afterFrames: { label: 'After so many frames', words: (value) => `after ${plural(Number(value), 'frame')}` },
    seconds: { label: 'Seconds', words: (value) => `for ${value} s` },
    ms: { label: 'Milliseconds', words: (value) => `by ${value} ms` },
    k: { label: 'Which frame', hint: '1: the next one of a link', words: (value) => `number ${value} from then` },
    field: { label: 'Member', words: (value) => value },
    value: { label: 'Value', words: (value) => `= '${value}'` },
    retryAfter: { label: 'Retry-After (s)', words: (value) => `Retry-After ${value} s` },
    location: { label: 'Location', words: (value) => `Location ${value}` },
    afterBytes: { label: 'After so many bytes', hint: 'a number, or a share as 50%', words: (value) => `after ${place(value)}` },
    atByte: { label: 'At byte', hint: 'a number, or a share as 50%', words: (value) => `at ${place(value)}` },
    bytes: { label: 'Bytes', words: (value) => `of ${plural(Number(value), 'byte')}` },
    bytesPerSecond: { label: 'Bytes a second', words: (value) => `at ${plural(Number(value), 'byte')} a second` },
    atStep: { label: 'When a device reaches', words: (value) => `when a device reaches ${value}` },
};

/* --- the draft --- */

export interface FaultDraft {
    point: FaultPoint;
    type: FaultAction['type'];
    members: Partial<Record<Member, string>>; // of other actions too: they are kept while one looks around
    match: Record<keyof FaultMatch, string>;
    trigger: Record<keyof FaultTrigger, string>;
}

const isPoint = (word: string | null): word is FaultPoint => word !== null && Object.hasOwn(POINTS, word);

// What the address names is filled in: #/faults/new?point=ota.url&deviceKey=8671.
export function draftOfQuery(query: URLSearchParams): FaultDraft {
    const named = (name: string): string => query.get(name) ?? '';
    const wanted = query.get('point');
    const point = isPoint(wanted) ? wanted : 'http.firmware';
    return {
        point, type: (actionOf(point, named('type')) ?? POINTS[point].actions[0] as ActionKind).type, members: {},
        match: { productKey: named('productKey'), deviceKey: named('deviceKey'), planId: named('planId'), componentNo: named('componentNo'), attempt: named('attempt') },
        trigger: { times: '', skip: '', everyNth: '', probability: '', seed: '' },
    };
}

export const actionOf = (point: FaultPoint, type: string): ActionKind | undefined => POINTS[point].actions.find((action) => action.type === type);

export const withPoint = (draft: FaultDraft, point: FaultPoint): FaultDraft => ({ ...draft, point, type: (actionOf(point, draft.type) ?? POINTS[point].actions[0] as ActionKind).type });

const decimalOf = (text: string): number => (/^\d+(\.\d+)?$/.test(text.trim()) ? Number(text) : (text as unknown as number));

function memberValue(draft: FaultDraft, member: Member, text: string): unknown {
    switch (member) {
    case 'field': case 'location': case 'atStep': return text;
    case 'value': return NUMBER_FIELDS.includes(draft.members.field as FaultField) ? numberOf(text) : text;
    case 'seconds': return decimalOf(text);
    default: return numberOf(text); // a share, '50%', stays a text
    }
}

function typed<T extends string>(texts: Partial<Record<T, string>>, names: T[], value: (name: T, text: string) => unknown): Record<string, unknown> {
    return Object.fromEntries(names.flatMap((name): [string, unknown][] => {
        const text = texts[name] ?? '';
        return text === '' && name !== 'value' ? [] : [[name, value(name, text)]];
    }));
}

const MATCH: (keyof FaultMatch)[] = ['productKey', 'deviceKey', 'planId', 'componentNo', 'attempt'];
const TRIGGER: (keyof FaultTrigger)[] = ['times', 'skip', 'everyNth', 'probability', 'seed'];

// Members that were left empty are not sent (a value may be empty); what is missing the server says.
export function faultInputOf(draft: FaultDraft): FaultInput {
    const action = actionOf(draft.point, draft.type);
    const match = typed(draft.match, MATCH, (name, text) => (name === 'planId' || name === 'attempt' ? numberOf(text) : text));
    const trigger = typed(draft.trigger, TRIGGER, (name, text) => (name === 'probability' ? decimalOf(text) : numberOf(text)));
    return {
        point: draft.point,
        action: { type: draft.type, ...typed(draft.members, [...action?.members ?? [], ...action?.optional ?? []], (name, text) => memberValue(draft, name, text)) },
        ...(Object.keys(match).length === 0 ? {} : { match }), ...(Object.keys(trigger).length === 0 ? {} : { trigger }),
    };
}

/* --- in words --- */

// 'Cut the body: at 50 %'
export function actionText(fault: Pick<Fault, 'point' | 'action'>): string {
    const { type, ...members } = fault.action;
    const words = actionOf(fault.point, type)?.words ?? type;
    const parts = (Object.keys(MEMBERS) as Member[]).flatMap((name) => (members[name] === undefined ? [] : [MEMBERS[name].words(String(members[name]))]));
    return parts.length === 0 ? words : `${words}: ${parts.join(', ').replace(', =', ' =')}`;
}

export function matchText({ productKey, deviceKey, planId, componentNo, attempt }: FaultMatch): string {
    const parts = [
        ...(productKey === undefined ? [] : [`product ${productKey}`]), ...(deviceKey === undefined ? [] : [`device ${deviceKey}`]), ...(planId === undefined ? [] : [`plan ${planId}`]),
        ...(componentNo === undefined ? [] : [`component ${componentNo}`]), ...(attempt === undefined ? [] : [`attempt ${attempt}`]),
    ];
    return parts.length === 0 ? 'everyone' : parts.join(', ');
}

const ordinal = (n: number): string => `${n}${n % 100 >= 11 && n % 100 <= 13 ? 'th' : ['th', 'st', 'nd', 'rd'][n % 10] ?? 'th'}`;

export function triggerText({ times, skip = 0, everyNth = 1, probability = 1, seed = 0 }: FaultTrigger): string {
    const parts = [
        ...(times === undefined ? [] : [times === 1 ? 'once' : `at most ${times.toLocaleString('en')} times`]), ...(everyNth > 1 ? [`every ${ordinal(everyNth)} use`] : []),
        ...(probability < 1 ? [`with ${Number((100 * probability).toFixed(2))} % (seed ${seed})`] : []), ...(skip > 0 ? [`after the first ${skip.toLocaleString('en')}`] : []),
    ];
    return parts.length === 0 ? 'every time' : parts.join(', ');
}
