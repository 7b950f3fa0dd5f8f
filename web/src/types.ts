// The words of the REST contract, from schema/openapi.yaml (npm run types): page and server cannot drift apart unseen.
import type { components } from './generated/openapi';

type Schemas = components['schemas'];
export type Plan = Schemas['Plan'];
export type PlanInput = Schemas['PlanInput'];
export type PlanStatus = Plan['status'];
export type PlanDevice = Schemas['PlanDevice'];
export type PlanDeviceComponent = PlanDevice['components'][number];
export type DeviceStatus = PlanDevice['status'];
export type Step = PlanDeviceComponent['step'];
export type Reason = NonNullable<PlanDevice['reason']>;
export type Statistics = Schemas['Statistics'];
export type LogEntry = Schemas['LogEntry'];
export type Device = Schemas['Device'];
export type Product = Schemas['Product'];
export type Package = Schemas['Package'];
export type PackageCheck = Schemas['PackageCheck'];
export type Verification = Schemas['Verification'];
export type Clock = Schemas['Clock'];
export type Advance = Schemas['Advance'];
export type Evaluation = Schemas['Evaluation'];
export type Eligibility = Schemas['Eligibility'];
export type Check = Eligibility['checks'][number];
export type WaitingPlan = Schemas['WaitingPlan'];
export type Server = Schemas['Server'];
export type Warnings = Schemas['Warnings'];
export type ResetCounts = Schemas['ResetCounts'];
export type Fault = Schemas['Fault'];
export type FaultAction = Schemas['FaultAction'];
export type FaultField = Schemas['FaultField'];
export type FaultMatch = Schemas['FaultMatch'];
export type FaultPoint = Schemas['FaultPoint'];
// As it is sent: members with a default may be left out.
export type FaultTrigger = Partial<Schemas['FaultTrigger']>;
export type FaultInput = Omit<Schemas['FaultInput'], 'trigger'> & { trigger?: FaultTrigger };
export type JournalEntry = Schemas['JournalEntry'];
export type JournalPage = Schemas['JournalPage'];
// The page itself makes one, without a name, where no answer came.
// 'about:blank': of no server of ours, or of none at all.
export type Problem = Omit<Schemas['Problem'], 'type' | 'detail'> & { type: Schemas['Problem']['type'] | 'about:blank'; detail?: string };

export interface Page<T> {
    items: T[];
    nextCursor: string | null;
}
