export { AudiencePreview, AudienceText, PreviewAudience } from './audiences.js'
export { BusEvent, busEvents, chunkIds } from './bus.js'
export type { BusEventKind } from './bus.js'
export {
  Campaign,
  CampaignRecipe,
  CampaignsQuery,
  campaignStates,
  campaignVerbs,
  CampaignWrite,
  ResumeBody,
  Task,
  TaskCounts,
  TasksQuery,
  taskStates,
  VerbBody,
  Wave,
  WaveRecipe,
  waveStates,
} from './campaigns.js'
export type { CampaignState, CampaignVerb, TaskState, WaveState } from './campaigns.js'
export {
  absenceCodes,
  Candidate,
  CandidatesQuery,
  CreateDevice,
  Device,
  DeviceSecurity,
  Psk,
  DeviceDetail,
  DeviceParams,
  DevicesQuery,
  healthStates,
  ObjectTree,
  ObjectTreeResource,
  presenceStates,
  Reason,
  Registration,
  registrationStates,
  Site,
  TimelineEntry,
  timelineKinds,
  TimelineQuery,
  UpdateDevice,
  ValuesQuery,
} from './devices.js'
export type { AbsenceCode, HealthState, PresenceState, RegistrationState, TimelineKind } from './devices.js'
export { componentStates, Health } from './health.js'
export { limits } from './limits.js'
export { liveEventNames, liveEvents, LiveQuery } from './live.js'
export type { LiveEvent, LiveEventName } from './live.js'
export { openApiDocument } from './openapi.js'
export {
  CancelBody,
  CreateOperation,
  IdParams,
  Operation,
  operationKinds,
  OperationResult,
  OperationsQuery,
  operationStates,
  PreferHeader,
  preferredWait,
} from './operations.js'
export type { OperationKind, OperationState } from './operations.js'
export { permissionNames } from './permissions.js'
export type { PermissionName } from './permissions.js'
export {
  Count,
  Cursor,
  Endpoint,
  Id,
  isPrintable,
  isStorable,
  line,
  list,
  pageQuery,
  PathText,
  Timestamp,
  TimestampInput,
  utf8Length,
} from './primitives.js'
export type { List } from './primitives.js'
export { DomainError, parseRequest, Problem, problemCodes, problems, toProblem } from './problems.js'
export type { ProblemCode } from './problems.js'
export { campaignChunkSize, queueJobs } from './queues.js'
export type { QueueJob, QueueJobName } from './queues.js'
export { routes, routeUrl } from './routes.js'
export type { Route, RouteArgument, RouteInput, RouteName, RouteResponse } from './routes.js'
export { Scalar, Value, valueSources, valueTypes, WriteValue } from './values.js'
export type { ValueType } from './values.js'
export { codeInWords, durationInWords, screenWords } from './words.js'
