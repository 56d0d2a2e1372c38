export { ApiKeyRepository } from './access/api-key-repository.js'
export type { StoredApiKey } from './access/api-key-repository.js'
export { appendAudit } from './access/audit-repository.js'
export { CampaignRepository } from './campaigns/campaign-repository.js'
export type {
  Author,
  CampaignCounts,
  Carried,
  CountedCampaign,
  StoredCampaign,
  StoredTask,
} from './campaigns/campaign-row.js'
export { devicesWaitingBetween } from './campaigns/devices-waiting.js'
export { listCandidates } from './conversations/candidate-repository.js'
export type { StoredCandidate } from './conversations/candidate-repository.js'
export { ObservationRepository } from './conversations/observation-repository.js'
export type { StoredObservation } from './conversations/observation-repository.js'
export { OperationRepository } from './conversations/operation-repository.js'
export type { NewOperation, StoredOperation } from './conversations/operation-repository.js'
export { RegistrationRepository } from './conversations/registration-repository.js'
export type {
  ContactUpdate,
  LoadedRegistration,
  NewRegistration,
  StoredRegistration,
} from './conversations/registration-repository.js'
export { defaultOrganisationId, inTransaction, openDatabase } from './database.js'
export type { Database, Prisma } from './database.js'
export { tellAbsences } from './devices/absence.js'
export { DeviceRepository } from './devices/device-repository.js'
export type { Breakdown, DeviceRecord, RegistrationRecord } from './devices/device-repository.js'
export { appendTimeline, readTimeline } from './devices/timeline-repository.js'
export type { NewTimelineEntry, StoredTimelineEntry } from './devices/timeline-repository.js'
export { readProcessStatus, writeProcessStatus } from './health/process-status.js'
export type { ProcessStatus } from './health/process-status.js'
export { CredentialRepository } from './security/credential-repository.js'
export type {
  HeldCredential,
  NewCredential,
  SecurityFacts,
  SecurityNews,
  StoredCredential,
} from './security/credential-repository.js'
export { createSealer } from './security/sealer.js'
export { SessionRepository } from './security/session-repository.js'
export type { SessionRow } from './security/session-repository.js'
export { Unproven } from './security/unproven.js'
export { ensureDays } from './telemetry/partitions.js'
export { latestValues, valueHistory } from './telemetry/value-history.js'
export type { HistoryQuery, StoredValue } from './telemetry/value-history.js'
export { toRow } from './telemetry/value-row.js'
export type { ValueRow, ValueSource } from './telemetry/value-row.js'
export { ValueWriter, WriterBusy, copyInto } from './telemetry/value-writer.js'
export { InventoryRepository } from './devices/inventory-repository.js'
