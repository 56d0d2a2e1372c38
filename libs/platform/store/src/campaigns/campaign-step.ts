import { auditRecord } from '@fieldline/access'
import type { AuditRecord } from '@fieldline/access'
import { stepCampaign } from '@fieldline/campaigns'
import type {
  CampaignEffect,
  CampaignEvent,
  CampaignStatus,
  CampaignStep,
  WaveCounts,
} from '@fieldline/campaigns'
import { DomainError } from '@fieldline/contracts'
import { parseAudience } from '@fieldline/devices'
import { appendAudit } from '../access/audit-repository.js'
import { assignWaves, drawAudience, judgeDevices } from './audience-draw.js'
import { countTasksOf, engineOf } from './campaign-row.js'
import type { Author, Carried, StoredCampaign } from './campaign-row.js'
import { TaskChanges, contextOf } from './task-batch.js'
import { stepAll } from './task-news.js'
import type { Pass } from './task-news.js'
import { storable } from '../storable.js'

/** Fieldline itself, where nobody in particular does something. */
export function systemAuthor(organisationId: string): Author {
  return {
    principal: { kind: 'system', id: 'worker', name: 'Fieldline', organisationId, role: 'admin' },
    where: { via: 'worker' },
  }
}

/**
 * One step of a campaign with all that follows from it at once, in the transaction that holds its row: effects are carried out, then the
 * machine looks again until it rests.
 */
export class CampaignStepper {
  #status: CampaignStatus
  readonly #changes = new TaskChanges()
  readonly #audit: AuditRecord[] = []
  readonly #wakeUps: number[] = []
  #changed = false
  #offers = 0

  constructor(
    private readonly pass: Pass,
    private readonly author: Author,
  ) {
    this.#status = pass.campaign.status
  }

  async run(makeEvent: (counts: readonly WaveCounts[]) => CampaignEvent): Promise<Carried> {
    const { now } = this.pass
    let event = makeEvent(await this.#counts())
    // A campaign of n waves has a few changes per wave; the bound only guards against a fault of ours.
    for (let round = 0; round <= 8 * (this.#status.waves.length + 2); round += 1) {
      if (this.#status.state === 'validating' && event.type === 'tick') event = await this.#draw()
      const step = stepCampaign(this.#status, event, now)
      const moved = step.state !== this.#status
      const touched = await this.#carry(step)
      // The draw takes its time: whoever asked for it is not kept waiting.
      if ((!moved && !touched) || this.#status.state === 'validating') break
      event = { type: 'tick', counts: await this.#counts() }
    }
    if (this.#status.state === 'validating') this.#wakeUps.push(now)
    return this.#store()
  }

  async #counts(): Promise<WaveCounts[]> {
    const { client, campaign } = this.pass
    const counted = await countTasksOf(client, [{ ...campaign, status: this.#status }])
    return counted.get(campaign.id)?.waves ?? []
  }

  async #draw(): Promise<CampaignEvent> {
    const { client, campaign, now } = this.pass
    try {
      const audience = parseAudience(campaign.recipe.audience, 'audience')
      const drawn = await drawAudience(client, campaign, audience, contextOf(campaign), now)
      return { type: 'drawn', ...drawn }
    } catch (error) {
      if (error instanceof DomainError) return { type: 'draw-failed', detail: error.detail }
      throw error
    }
  }

  /** Whether any task was changed. */
  async #carry({ state, effects }: CampaignStep): Promise<boolean> {
    this.#changed ||= state !== this.#status
    this.#status = state
    const before = this.#changes.devices.size
    let drawn = false
    for (const effect of effects) {
      await this.#carryOut(effect)
      drawn ||= effect.kind === 'assign-waves'
    }
    return drawn || this.#changes.devices.size > before
  }

  async #carryOut(effect: CampaignEffect): Promise<void> {
    const { pass } = this
    const { client, campaign, now } = pass
    switch (effect.kind) {
      case 'assign-waves':
        return assignWaves(client, campaign.id, effect.sizes, contextOf(campaign), now)
      case 'release-wave':
        return stepAll(
          pass,
          "task.wave = $4 AND task.state = 'eligible'",
          [effect.wave],
          async (batch, rows) => {
            const codes = await judgeDevices(
              client,
              campaign,
              rows.map((row) => row.deviceId),
            )
            for (const row of rows) {
              if (!codes.has(row.deviceId)) batch.step(row, { type: 'decommissioned' })
              else batch.step(row, { type: 'release', exclude: codes.get(row.deviceId) })
            }
          },
          this.#changes,
        )
      case 'withhold-tasks':
        return stepAll(
          pass,
          "task.wave = $4 AND task.state IN ('waiting_wake', 'offered')",
          [effect.wave],
          (batch, rows) => rows.forEach((row) => batch.step(row, { type: 'withhold' })),
          this.#changes,
        )
      case 'close-tasks':
        return stepAll(
          pass,
          "task.state IN ('eligible', 'queued', 'waiting_wake', 'offered')",
          [],
          (batch, rows) => rows.forEach((row) => batch.step(row, { type: 'close' })),
          this.#changes,
        )
      case 'offer':
        this.#offers = (await this.#counts())[effect.wave]?.tasks.queued ?? 0
        return
      case 'wake-up':
        this.#wakeUps.push(effect.at)
        return
      case 'audit':
        this.#note(effect)
        return
      case 'draw-audience': // the state says so, too: whoever ticks next draws
      case 'changed': // whoever watches is told after the commit
    }
  }

  #note(effect: Extract<CampaignEffect, { kind: 'audit' }>): void {
    const { campaign, now } = this.pass
    const { action, by, reason, wave, from, to, inputs } = effect
    const { principal: actor, where } = by === undefined ? systemAuthor(campaign.organisationId) : this.author
    this.#audit.push(
      auditRecord(
        {
          actor,
          action,
          subject: { kind: 'campaign', id: campaign.id, name: campaign.name },
          where,
          reason,
          before: { state: from },
          after: {
            state: to,
            ...(wave === undefined ? {} : { wave }),
            ...(inputs === undefined ? {} : { inputs: { ...inputs, failures: { ...inputs.failures } } }),
          },
        },
        now,
      ),
    )
  }

  async #store(): Promise<Carried> {
    const { client, campaign, now } = this.pass
    const version = campaign.version + (this.#changed ? 1 : 0)
    const after: StoredCampaign = { ...campaign, status: this.#status, version }
    if (this.#changed) {
      const { state, startedAt, finishedAt } = this.#status
      await client.query(
        'UPDATE campaign SET state = $2, engine = $3, version = $4, started_at = $5, finished_at = $6 WHERE id = $1',
        [
          campaign.id,
          state,
          storable(engineOf(this.#status)),
          version,
          startedAt === undefined ? null : new Date(startedAt),
          finishedAt === undefined ? null : new Date(finishedAt),
        ],
      )
      await appendAudit(client, this.#audit)
    }
    const events = this.#changes.events(campaign)
    if (this.#changed || this.#changes.devices.size > 0)
      events.push({ kind: 'campaign', organisationId: campaign.organisationId, campaignId: campaign.id })
    return { campaign: after, events, wakeUps: this.#wakeUps.filter((at) => at >= now), offers: this.#offers }
  }
}
