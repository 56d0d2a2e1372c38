import { Controller, Inject } from '@nestjs/common'
import type { RouteResponse } from '@fieldline/contracts'
import { formatAudience, parseAudience } from '@fieldline/devices'
import { CampaignRepository, DeviceRepository } from '@fieldline/store'
import type { Database } from '@fieldline/store'
import { Bind, Caller, Input } from '../http/bind.js'
import type { RouteRequest } from '../http/bind.js'
import { DATABASE } from '../tokens.js'
import { inWords } from './campaign-view.js'

const SAMPLE = 10

/** Audiences before anything is done to them. */
@Controller()
export class AudiencesController {
  readonly #devices: DeviceRepository
  readonly #campaigns: CampaignRepository

  constructor(@Inject(DATABASE) database: Database) {
    this.#devices = new DeviceRepository(database)
    this.#campaigns = new CampaignRepository(database)
  }

  @Bind('previewAudience')
  async preview(
    @Input() { body }: RouteRequest<'previewAudience'>,
    @Caller() { principal }: Caller,
  ): Promise<RouteResponse<'previewAudience'>> {
    const now = Date.now()
    const { organisationId } = principal
    const audience = parseAudience(body.audience, 'audience')
    const [{ total, by }, sample, excluded] = await Promise.all([
      this.#devices.breakdown(organisationId, audience, now),
      this.#devices.list({ organisationId, audience, limit: SAMPLE, now }),
      body.paths === undefined || body.paths.length === 0
        ? []
        : this.#campaigns.exclusions(organisationId, audience, body.paths, now),
    ])
    return {
      audience: formatAudience(audience),
      total,
      byVendor: [...by.vendor],
      byModel: [...by.model],
      byFirmware: [...by.firmware],
      byPresence: [...by.presence],
      sample: sample.map(({ endpoint }) => endpoint),
      excluded: inWords(excluded),
    }
  }
}
