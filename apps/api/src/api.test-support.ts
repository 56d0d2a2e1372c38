import 'reflect-metadata'
import { randomBytes, randomUUID } from 'node:crypto'
import { afterAll, beforeAll } from 'vitest'
import type { NestFastifyApplication } from '@nestjs/platform-fastify'
import type { Bus } from '@fieldline/bus'
import type { Queue } from '@fieldline/queue'
import { ApiKeyRepository } from '@fieldline/store'
import type { Database } from '@fieldline/store'
import { BUS, DATABASE, QUEUE } from './tokens.js'

export interface Answer {
  readonly status: number
  readonly type: string | undefined
  readonly body: Record<string, unknown>
}

/** The whole interface on the database of the test run, in an organisation of the test file's own, called with its key. */
export function useApi(): {
  readonly organisationId: string
  database(): Database
  app(): NestFastifyApplication
  call(method: 'GET' | 'POST' | 'PATCH' | 'DELETE' | 'PUT', url: string, payload?: unknown): Promise<Answer>
} {
  const organisationId = randomUUID()
  const key = `flk_${randomUUID()}`
  let app: NestFastifyApplication
  const database = () => app.get<Database>(DATABASE)
  beforeAll(async () => {
    process.env.AUTH_SECRET ??= randomBytes(32).toString('base64')
    process.env.STORE_KEY ??= randomBytes(32).toString('base64')
    // after the environment is complete, and with the metadata of decorators loaded
    const { createApi } = await import('./app.js')
    app = await createApi()
    await app.init()
    await database().pool.query('INSERT INTO organisation (id, name) VALUES ($1, $2)', [
      organisationId,
      'Test',
    ])
    await new ApiKeyRepository(database()).ensure(organisationId, key, 'Test', 'admin')
  })
  afterAll(async () => {
    await database().pool.query('DELETE FROM device WHERE organisation_id = $1', [organisationId])
    await app.close()
    await Promise.all([app.get<Bus>(BUS).close(), app.get<Queue>(QUEUE).close(), database().close()])
  })
  return {
    organisationId,
    database,
    app: () => app,
    async call(method, url, payload) {
      const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' }
      const body = payload === undefined ? {} : { payload: JSON.stringify(payload) }
      const answer = await app
        .getHttpAdapter()
        .getInstance()
        .inject({ method, url, headers, ...body })
      return {
        status: answer.statusCode,
        type: answer.headers['content-type']?.toString(),
        body: answer.body === '' ? {} : (answer.json() as Record<string, unknown>),
      }
    },
  }
}
