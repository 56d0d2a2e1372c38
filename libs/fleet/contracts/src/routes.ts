import { z } from 'zod'
import { AudiencePreview, PreviewAudience } from './audiences.js'
import {
  Campaign,
  CampaignRecipe,
  CampaignsQuery,
  ResumeBody,
  Task,
  TasksQuery,
  VerbBody,
} from './campaigns.js'
import {
  Candidate,
  CandidatesQuery,
  CreateDevice,
  Device,
  DeviceDetail,
  DeviceParams,
  DevicesQuery,
  ObjectTree,
  TimelineEntry,
  TimelineQuery,
  UpdateDevice,
  ValuesQuery,
} from './devices.js'
import { Health } from './health.js'
import { LiveQuery } from './live.js'
import {
  CancelBody,
  CreateOperation,
  IdParams,
  Operation,
  OperationsQuery,
  PreferHeader,
} from './operations.js'
import type { PermissionName } from './permissions.js'
import { list } from './primitives.js'
import type { ProblemCode } from './problems.js'
import { Value } from './values.js'

/**
 * One route of /v1. `permission` null means open to anyone; everything else needs a sign-in or a key. `status` is that of success;
 * `stream` marks server-sent events. `problems` lists what it answers beyond invalid-request, unauthenticated, forbidden and internal.
 */
export interface Route {
  method: 'get' | 'post' | 'patch' | 'delete'
  path: string
  summary: string
  permission: PermissionName | null
  params?: z.ZodObject
  query?: z.ZodObject
  headers?: z.ZodObject
  body?: z.ZodType
  status: 200 | 201 | 202 | 204
  response?: z.ZodType
  stream?: true
  problems: readonly ProblemCode[]
}

const device = '/v1/devices/{endpoint}'
const campaign = '/v1/campaigns/{id}'
const verb = {
  method: 'post',
  permission: 'campaigns:run',
  params: IdParams,
  body: VerbBody,
  status: 200,
  response: Campaign,
  problems: ['not-found', 'conflict'],
} as const

/** The table of routes: api binds it, sdk calls by it, OpenAPI is drawn from it. The key is the operationId. */
export const routes = {
  health: {
    method: 'get',
    path: '/v1/health',
    summary: "Fieldline's own health",
    permission: null,
    status: 200,
    response: Health,
    problems: [],
  },
  openApi: {
    method: 'get',
    path: '/v1/openapi.json',
    summary: 'This interface as OpenAPI 3.1',
    permission: null,
    status: 200,
    response: z.record(z.string(), z.unknown()),
    problems: [],
  },
  listDevices: {
    method: 'get',
    path: '/v1/devices',
    summary: 'Devices that match q, by endpoint name',
    permission: 'devices:read',
    query: DevicesQuery,
    status: 200,
    response: list(Device),
    problems: [],
  },
  createDevice: {
    method: 'post',
    path: '/v1/devices',
    summary: 'Make a device known, or admit a candidate',
    permission: 'devices:write',
    body: CreateDevice,
    status: 201,
    response: DeviceDetail,
    problems: ['already-exists'],
  },
  getDevice: {
    method: 'get',
    path: device,
    summary: 'One device with its registration',
    permission: 'devices:read',
    params: DeviceParams,
    status: 200,
    response: DeviceDetail,
    problems: ['not-found'],
  },
  updateDevice: {
    method: 'patch',
    path: device,
    summary: 'Change what people know about a device',
    permission: 'devices:write',
    params: DeviceParams,
    body: UpdateDevice,
    status: 200,
    response: DeviceDetail,
    problems: ['not-found'],
  },
  deleteDevice: {
    method: 'delete',
    path: device,
    summary: 'Retire a device; its history stays',
    permission: 'devices:write',
    params: DeviceParams,
    status: 204,
    problems: ['not-found', 'conflict'],
  },
  getObjects: {
    method: 'get',
    path: `${device}/objects`,
    summary: 'Object tree with the latest values',
    permission: 'devices:read',
    params: DeviceParams,
    status: 200,
    response: ObjectTree,
    problems: ['not-found'],
  },
  listValues: {
    method: 'get',
    path: `${device}/values`,
    summary: 'History of values; oldest first when from is given, else newest first',
    permission: 'devices:read',
    params: DeviceParams,
    query: ValuesQuery,
    status: 200,
    response: list(Value),
    problems: ['not-found'],
  },
  listTimeline: {
    method: 'get',
    path: `${device}/timeline`,
    summary: 'What happened to a device, newest first',
    permission: 'devices:read',
    params: DeviceParams,
    query: TimelineQuery,
    status: 200,
    response: list(TimelineEntry),
    problems: ['not-found'],
  },
  listOperations: {
    method: 'get',
    path: `${device}/operations`,
    summary: 'Operations of a device, newest first',
    permission: 'operations:read',
    params: DeviceParams,
    query: OperationsQuery,
    status: 200,
    response: list(Operation),
    problems: ['not-found'],
  },
  createOperation: {
    method: 'post',
    path: `${device}/operations`,
    summary: 'Request something of a device, now or at its next contact',
    permission: 'operations:write',
    params: DeviceParams,
    headers: PreferHeader,
    body: CreateOperation,
    status: 202,
    response: Operation,
    problems: [
      'not-found',
      'hazard-refused',
      'confirmation-required',
      'read-only',
      'not-readable',
      'not-executable',
      'wrong-type',
      'out-of-range',
      'unsupported',
    ],
  },
  getOperation: {
    method: 'get',
    path: '/v1/operations/{id}',
    summary: 'One operation',
    permission: 'operations:read',
    params: IdParams,
    status: 200,
    response: Operation,
    problems: ['not-found'],
  },
  cancelOperation: {
    method: 'post',
    path: '/v1/operations/{id}/cancel',
    summary: 'Take back an operation that has not been sent',
    permission: 'operations:cancel',
    params: IdParams,
    body: CancelBody,
    status: 200,
    response: Operation,
    problems: ['not-found', 'conflict'],
  },
  listCandidates: {
    method: 'get',
    path: '/v1/candidates',
    summary: 'Unknown endpoints that asked to register',
    permission: 'devices:read',
    query: CandidatesQuery,
    status: 200,
    response: list(Candidate),
    problems: [],
  },
  previewAudience: {
    method: 'post',
    path: '/v1/audiences/preview',
    summary: 'Who an audience selects now',
    permission: 'devices:read',
    body: PreviewAudience,
    status: 200,
    response: AudiencePreview,
    problems: [],
  },
  listCampaigns: {
    method: 'get',
    path: '/v1/campaigns',
    summary: 'Campaigns, newest first',
    permission: 'campaigns:read',
    query: CampaignsQuery,
    status: 200,
    response: list(Campaign),
    problems: [],
  },
  createCampaign: {
    method: 'post',
    path: '/v1/campaigns',
    summary: 'Write down a campaign as a draft',
    permission: 'campaigns:write',
    body: CampaignRecipe,
    status: 201,
    response: Campaign,
    problems: ['hazard-refused', 'read-only', 'wrong-type', 'out-of-range', 'unsupported'],
  },
  getCampaign: {
    method: 'get',
    path: campaign,
    summary: 'One campaign with its waves',
    permission: 'campaigns:read',
    params: IdParams,
    status: 200,
    response: Campaign,
    problems: ['not-found'],
  },
  listTasks: {
    method: 'get',
    path: `${campaign}/tasks`,
    summary: 'The devices of a campaign and where each stands',
    permission: 'campaigns:read',
    params: IdParams,
    query: TasksQuery,
    status: 200,
    response: list(Task),
    problems: ['not-found'],
  },
  startCampaign: {
    ...verb,
    path: `${campaign}/start`,
    summary: 'Draw the audience and begin with the first wave',
  },
  pauseCampaign: { ...verb, path: `${campaign}/pause`, summary: 'No new offers; work in flight goes on' },
  resumeCampaign: {
    ...verb,
    path: `${campaign}/resume`,
    summary: 'Go on after a pause; a person gives the reason',
    body: ResumeBody,
  },
  abortCampaign: {
    ...verb,
    path: `${campaign}/abort`,
    summary: 'Offer nothing more; work in flight is followed to its end',
  },
  live: {
    method: 'get',
    path: '/v1/live',
    summary: 'Changes as server-sent events: device, values, operation, campaign, task',
    permission: 'live:read',
    query: LiveQuery,
    status: 200,
    stream: true,
    problems: [],
  },
} as const satisfies Record<string, Route>

export type RouteName = keyof typeof routes
type Member<N extends RouteName, K extends string> = (typeof routes)[N] extends { [P in K]: infer S }
  ? S extends z.ZodType
    ? S
    : never
  : never
/** What a handler receives, after defaults and coercion. */
export type RouteInput<N extends RouteName, K extends 'params' | 'query' | 'headers' | 'body'> = z.output<
  Member<N, K>
>
/** What a caller gives. */
export type RouteArgument<N extends RouteName, K extends 'params' | 'query' | 'body'> = z.input<Member<N, K>>
/** What the route answers. */
export type RouteResponse<N extends RouteName> = z.output<Member<N, 'response'>>

/** The address of a route with its parameters filled in and encoded: an endpoint name may hold `:`, `/` and any other character. */
export function routeUrl(name: RouteName, params: Readonly<Record<string, string>> = {}): string {
  return routes[name].path.replace(/\{(\w+)\}/g, (_all, key: string) => {
    const value = params[key]
    if (value === undefined) throw new RangeError(`route ${name} needs the parameter ${key}`)
    return encodeURIComponent(value)
  })
}
