import { Inject, Injectable } from '@nestjs/common'
import type { FastifyRequest } from 'fastify'
import { roles } from '@fieldline/access'
import type { Principal, Role } from '@fieldline/access'
import { DomainError } from '@fieldline/contracts'
import { ApiKeyRepository, defaultOrganisationId } from '@fieldline/store'
import type { Database } from '@fieldline/store'
import { CONFIGURATION, DATABASE } from '../tokens.js'
import { consoleOrigins } from '../configuration.js'
import type { Configuration } from '../configuration.js'
import { AUTHENTICATION } from './tokens.js'
import type { Authentication } from './authentication.js'
import { webHeaders } from './web-request.js'

const roleOf = (name: string | null | undefined): Role => roles.find((role) => role === name) ?? 'viewer'

/** Finds out who calls, by API key or session. */
@Injectable()
export class Principals {
  readonly #keys: ApiKeyRepository

  constructor(
    @Inject(DATABASE) database: Database,
    @Inject(AUTHENTICATION) private readonly authentication: Authentication,
    @Inject(CONFIGURATION) private readonly configuration: Configuration,
  ) {
    this.#keys = new ApiKeyRepository(database)
  }

  /**
   * Whoever sent the request, as of now; undefined if nobody we know.
   * @throws DomainError forbidden, where a session's change comes from another origin
   */
  async of(request: FastifyRequest): Promise<Principal | undefined> {
    const bearer = /^Bearer (\S{16,200})$/.exec(request.headers.authorization ?? '')
    if (bearer) {
      const key = await this.#keys.find(bearer[1] as string)
      return (
        key && {
          kind: 'key',
          id: key.id,
          name: key.name,
          organisationId: key.organisationId,
          role: roleOf(key.role),
        }
      )
    }
    if (request.headers.authorization !== undefined || request.headers.cookie === undefined) return undefined
    const session = await this.authentication.api.getSession({ headers: webHeaders(request) })
    if (!session) return undefined
    // a cookie travels by itself: what changes something must come from the console's own pages
    const { origin } = request.headers
    if (
      request.method !== 'GET' &&
      origin !== undefined &&
      !consoleOrigins(this.configuration).includes(origin)
    ) {
      throw new DomainError(
        'forbidden',
        `Changes with a session are accepted from ${this.configuration.consoleUrl} only; programs send an API key.`,
      )
    }
    const { id, name, email, role, organisationId } = session.user
    return {
      kind: 'person',
      id,
      name: name || email,
      organisationId: organisationId ?? defaultOrganisationId,
      role: roleOf(role),
    }
  }
}
