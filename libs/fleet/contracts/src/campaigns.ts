import { z } from 'zod'
import { AudienceText } from './audiences.js'
import { limits } from './limits.js'
import { Count, Endpoint, Id, PathText, Timestamp, TimestampInput, line, pageQuery } from './primitives.js'
import { WriteValue } from './values.js'

/** A share in percent with two decimals. */
const percent = z.number().max(100).multipleOf(0.01)

export const WaveRecipe = z
  .strictObject({
    size: z.number().int().min(1).max(limits.waveSizeMax).optional(),
    percent: percent.gt(0).optional(),
    soakSeconds: z.number().int().min(0).max(limits.soakMaxSeconds).default(86_400),
  })
  .refine((wave) => (wave.size === undefined) !== (wave.percent === undefined), 'give either size or percent')
  .meta({ id: 'WaveRecipe', description: 'Percent is of all members, rounds up and is at least one device' })

export const CampaignWrite = z
  .strictObject({ path: PathText, value: WriteValue })
  .meta({ id: 'CampaignWrite' })

/**
 * What a campaign is to do. Thresholds are percent. `silence`: a device is silent after `missed` expected contacts plus `grace` seconds.
 * `expiresAt` ends the campaign: nothing is offered after it.
 */
export const CampaignRecipe = z
  .strictObject({
    name: line(limits.campaignNameLength),
    kind: z.literal('config'),
    audience: AudienceText,
    write: z.array(CampaignWrite).min(1).max(limits.writesPerCampaign),
    waves: z
      .array(WaveRecipe)
      .min(1)
      .max(limits.wavesPerCampaign)
      .default([
        { percent: 1, soakSeconds: 86_400 },
        { percent: 10, soakSeconds: 86_400 },
        { percent: 100, soakSeconds: 86_400 },
      ]),
    success: z.strictObject({ threshold: percent.gt(0).default(98) }).default({ threshold: 98 }),
    error: z
      .strictObject({
        threshold: percent.gt(0).default(5),
        minSample: z.number().int().min(1).max(limits.waveSizeMax).default(10),
        action: z.enum(['pause', 'abort']).default('pause'),
      })
      .default({ threshold: 5, minSample: 10, action: 'pause' }),
    silence: z
      .strictObject({
        missed: z.number().int().min(1).max(limits.silenceMissedMax).default(3),
        grace: z.number().int().min(0).max(limits.silenceGraceMaxSeconds).default(300),
      })
      .default({ missed: 3, grace: 300 }),
    expiresAt: TimestampInput.optional(),
  })
  .refine((recipe) => new Set(recipe.write.map((write) => write.path)).size === recipe.write.length, {
    message: 'each path once',
    path: ['write'],
  })
  .meta({ id: 'CampaignRecipe' })
export type CampaignRecipe = z.infer<typeof CampaignRecipe>

export const campaignStates = [
  'draft',
  'validating',
  'running',
  'paused',
  'completing',
  'finished',
  'aborted',
] as const
export type CampaignState = (typeof campaignStates)[number]
export const waveStates = [
  'pending',
  'preflight',
  'releasing',
  'soaking',
  'evaluating',
  'passed',
  'failed',
  'overridden',
] as const
export type WaveState = (typeof waveStates)[number]
export const taskStates = [
  'eligible',
  'excluded',
  'queued',
  'waiting_wake',
  'offered',
  'applying',
  'verifying',
  'verified',
  'failed',
  'silent',
  'cancelled',
  'skipped',
] as const
export type TaskState = (typeof taskStates)[number]

/** Members by task state; states with nobody in them may be absent. */
export const TaskCounts = z.partialRecord(z.enum(taskStates), z.number().int()).meta({ id: 'TaskCounts' })
export type TaskCounts = z.infer<typeof TaskCounts>

export const Wave = z
  .object({
    index: z.number().int(),
    size: z.number().int(),
    soakSeconds: z.number().int(),
    state: z.enum(waveStates),
    text: z.string(),
    counts: TaskCounts,
    releasedAt: Timestamp.optional(),
    soakUntil: Timestamp.optional(),
    finishedAt: Timestamp.optional(),
    failures: z.array(Count),
  })
  .meta({ id: 'Wave' })
export type Wave = z.infer<typeof Wave>

export const Campaign = z
  .object({
    id: Id,
    name: z.string(),
    kind: z.literal('config'),
    recipe: CampaignRecipe,
    state: z.enum(campaignStates),
    pausedBy: z.enum(['operator', 'gate']).optional(),
    text: z.string().meta({ description: 'The state in words, with its reason' }),
    counts: TaskCounts,
    members: z.number().int(),
    excluded: z.array(z.object({ code: z.string(), text: z.string(), count: z.number().int() })),
    waves: z.array(Wave),
    createdBy: z.string(),
    createdAt: Timestamp,
    startedAt: Timestamp.optional(),
    finishedAt: Timestamp.optional(),
  })
  .meta({ id: 'Campaign' })
export type Campaign = z.infer<typeof Campaign>

/** One device in one campaign. `expected` and `found` stand side by side where the read-back differs. */
export const Task = z
  .object({
    endpoint: Endpoint,
    deviceId: Id,
    wave: z.number().int().nullable(),
    state: z.enum(taskStates),
    code: z.string().optional(),
    text: z.string(),
    expectedAt: Timestamp.optional(),
    operationId: Id.optional(),
    differences: z
      .array(z.object({ path: PathText, expected: WriteValue, found: z.union([WriteValue, z.null()]) }))
      .optional(),
    updatedAt: Timestamp,
  })
  .meta({ id: 'Task' })
export type Task = z.infer<typeof Task>

export const campaignVerbs = ['start', 'pause', 'resume', 'abort'] as const
export type CampaignVerb = (typeof campaignVerbs)[number]

export const CampaignsQuery = z.object({ state: z.enum(campaignStates).optional(), ...pageQuery() })
export const TasksQuery = z.object({
  state: z.enum(taskStates).optional(),
  wave: z.coerce.number().int().min(0).max(limits.wavesPerCampaign).optional(),
  ...pageQuery(),
})
export type TasksQuery = z.infer<typeof TasksQuery>
export const VerbBody = z.strictObject({ reason: line(limits.reasonLength).optional() }).optional()
/** A person answers for letting a paused campaign go on: the reason is not optional. */
export const ResumeBody = z.strictObject({ reason: line(limits.reasonLength) })
