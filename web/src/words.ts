// Plain words for the platform's words: what a person reads where the API says `userConfirmed` or `urlIssued`.
import type { Advance, DeviceStatus, LogEntry, PlanStatus, Reason, Step } from './types';

export const deviceStatusWords: Record<DeviceStatus, string> = {
    failed: 'Upgrade failed',
    upgraded: 'Upgraded',
    inUpgrade: 'In upgrade',
    nonUpgraded: 'Non-upgraded',
};

export const planStatusWords: Record<PlanStatus, string> = {
    saved: 'Saved',
    activated: 'Activated',
    upgrading: 'Upgrading',
    suspended: 'Suspended',
    terminated: 'Terminated',
    ended: 'Ended',
};

// What the reason of a device that waits or failed means, as an answer to 'why?'.
export const reasonWords: Record<Reason, string> = {
    online: 'The device is not connected',
    planStatus: 'The plan is not running',
    plannedTime: 'Outside the planned time of the plan',
    pushPeriod: 'Outside the daily push period',
    blacklist: 'The device is on the blacklist',
    whitelist: 'The device is not on the whitelist',
    notFinal: 'The device has finished this plan',
    notBusy: 'The device is busy with an upgrade',
    version: 'No package fits the version it runs',
    battery: 'The battery is too low',
    signal: 'The signal is too weak',
    space: 'Too little free space on the device',
    userConfirmed: 'Waits for its user to confirm',
    slot: 'Waits for its turn: enough devices upgrade at once',
    alreadyAtTarget: 'It runs the target version already',
    refused: 'The device refused the upgrade',
    declined: 'Its user declined the upgrade',
    planEnded: 'The plan ended first',
    planTerminated: 'The plan was terminated',
    downloadFailed: 'The download failed',
    upgradeFailed: 'The device could not install it',
    wrongVersion: 'It came back with another version than the target',
    timeout: 'No outcome within the time allowed',
    packageRevoked: 'Its package was revoked',
};

// The rules of an eligibility check, as what they ask for.
export const checkWords: Record<string, string> = {
    online: 'The device is connected',
    planStatus: 'The plan is running',
    plannedTime: 'Within the planned time',
    pushPeriod: 'Within the daily push period',
    blacklist: 'Not on the blacklist',
    whitelist: 'On the whitelist, if there is one',
    notFinal: 'Not finished with this plan yet',
    notBusy: 'Not busy with an upgrade',
    version: 'Runs a version that the packages upgrade',
    battery: 'Enough battery',
    signal: 'Enough signal',
    space: 'Enough free space',
    userConfirmed: 'Its user has confirmed',
    slot: 'A free place among those that upgrade at once',
};

export const logKindWords: Record<LogEntry['kind'], string> = {
    otaRequest: 'Device asked for an upgrade',
    planIssued: 'Plan sent to the device',
    planReceived: 'Device received the plan',
    confirmed: 'Device confirmed',
    refused: 'Device refused',
    urlIssued: 'Download address sent',
    waitingDownload: 'Waits to download',
    downloading: 'Downloading',
    downloaded: 'Downloaded',
    upgrading: 'Installing',
    versionReported: 'Version reported',
    succeeded: 'Succeeded',
    attemptFailed: 'Attempt failed',
    failed: 'Failed',
    skipped: 'Not notified',
    suspended: 'Plan suspended',
    resumed: 'Plan resumed',
    terminated: 'Plan terminated',
    ended: 'Plan ended',
    faultApplied: 'Fault applied',
    protocolWarning: 'Protocol warning',
    reportIgnored: 'Report ignored',
};

// The rules of the referee, as what a right device does.
export const ruleWords: Record<string, string> = {
    connectFlags: 'Connects with the flags 0x42.',
    keepAlive: 'Asks for a keep alive of 21 s or more.',
    noDisconnect: 'Closes its link without an MQTT DISCONNECT.',
    statusQos: 'Sends upgrade requests and statuses (0x0114, 0x0115) with QoS 2.',
    reportQos: 'Sends its reports with the QoS of their command: 1, or 0 for 0x0012.',
    topicKind: 'Sends each command on its kind of topic.',
    knownCommand: 'Sends commands of a device only.',
    packageId: 'Gives each frame a new package id.',
    malformedFrame: 'Sends frames that can be read.',
    encryption: 'Sends no frame in clear behind encrypted ones.',
    firstFrames: 'Reports status and information within 10 s of its subscription, before any upgrade status.',
    requiredMember: 'Names number, name, type and component in each upgrade status.',
    statusNumber: 'Sends statuses that exist.',
    statusName: 'Gives a status the name of its number.',
    sha256Requested: 'Asks for a SHA-256 in status 2.',
    versionsIn11: 'Tells its versions in status 11 and 12.',
    statusOrder: 'Lets each status follow the one before.',
    statusPlan: 'Reports of the plan that is under way.',
    receivedWithoutNotify: 'Reports 1 only after a notify.',
    downloadWithoutInfo: 'Reports 4 only after firmware information.',
    tooManyAttempts: 'Reports the sixth failure as 12, not as 6.',
    progressEvery5s: 'Reports 5 every 5 s while it downloads.',
    confirmedTimer: 'Reports 4 or 12 within 30 s of 2.',
    startTimer: 'Reports 5 or 6 within 5 s of 4.',
    updatingTimer: 'Reports 11 or 12 of an MCU within 20 minutes of 9.',
    firmwareHeader: 'Asks for firmware with Host and port, Accept-Ranges and Range only.',
    rangeAlways: 'Asks for firmware by Range.',
    resumeByRange: 'Asks for pieces that join; a retry begins at the piece or at the file.',
};

export const firedWords: Record<Advance['fired'][number]['what'], string> = {
    plannedStart: 'Planned start of a plan',
    plannedEnd: 'Planned end of a plan',
    windowOpened: 'Push period opened',
    windowClosed: 'Push period closed',
    verificationTimeout: 'A verification ran out of time',
    timeout: 'An attempt ran out of time',
    evaluation: 'Evaluation of plans',
};

// The stepper of a component: Start - Confirm - Download - Upgrading - Success/Fail.
export const stepperWords = ['Start', 'Confirm', 'Download', 'Upgrading'] as const;

const stepPlaces: Record<Step, number> = {
    waiting: -1,
    start: 0,
    confirmed: 1,
    downloading: 2,
    upgrading: 3,
    successful: 4,
    failed: 4,
};

// How far along the stepper a component is: -1 before the first, 4 when it is over. A failure says where it happened.
export const stepPlace = (step: Step): number => stepPlaces[step];

export const stepWords: Record<Step, string> = {
    waiting: 'Waiting',
    start: 'Start',
    confirmed: 'Confirmed',
    downloading: 'Downloading',
    upgrading: 'Upgrading',
    successful: 'Successful',
    failed: 'Failed',
};

export const plural = (count: number, one: string, many = `${one}s`): string => `${count.toLocaleString('en')} ${count === 1 ? one : many}`;
