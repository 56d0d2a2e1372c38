import 'reflect-metadata'
import { randomUUID } from 'node:crypto'
import { NestFactory } from '@nestjs/core'
import { FastifyAdapter } from '@nestjs/platform-fastify'
import type { NestFastifyApplication } from '@nestjs/platform-fastify'
import type { FastifyRequest } from 'fastify'
import type { Bus } from '@fieldline/bus'
import { createLogger, runProcess } from '@fieldline/process'
import type { Queue } from '@fieldline/queue'
import type { Database } from '@fieldline/store'
import { AppModule } from './app.module.js'
import type { Authentication } from './auth/authentication.js'
import { ensureFirstSignIn } from './auth/first-sign-in.js'
import { AUTHENTICATION } from './auth/tokens.js'
import { mountAuthentication } from './auth/web-request.js'
import type { Configuration } from './configuration.js'
import { assertEveryRouteIsBound } from './http/bind.js'
import { BUS, CONFIGURATION, DATABASE, QUEUE } from './tokens.js'

const MAX_BODY_BYTES = 1024 * 1024
/** An endpoint name of 255 bytes, each escaped. */
const MAX_PARAMETER = 255 * 3

const log = createLogger('api')
await runProcess(log, async () => {
  const adapter = new FastifyAdapter({
    bodyLimit: MAX_BODY_BYTES,
    routerOptions: { maxParamLength: MAX_PARAMETER },
    genReqId: () => randomUUID(),
    forceCloseConnections: true,
  })
  const app = await NestFactory.create<NestFastifyApplication>(AppModule, adapter, {
    logger: ['error', 'warn'],
    abortOnError: false,
  })
  assertEveryRouteIsBound()
  const configuration = app.get<Configuration>(CONFIGURATION)
  const database = app.get<Database>(DATABASE)
  await ensureFirstSignIn(database, configuration.firstSignIn)
  // a verb has an optional body: nothing at all is as good as one left out, even where the header speaks of JSON
  const parse = adapter.getInstance().getDefaultJsonParser('error', 'error')
  app.useBodyParser('application/json', {}, (request, body, done) => {
    if (body.length === 0) done(null, undefined)
    else parse(request as FastifyRequest, body.toString(), done)
  })
  mountAuthentication(adapter.getInstance(), app.get<Authentication>(AUTHENTICATION), configuration)
  await app.listen(configuration.port, configuration.host)
  log.info({ url: await app.getUrl() }, 'API listens')
  return async () => {
    await app.close()
    await Promise.all([app.get<Bus>(BUS).close(), app.get<Queue>(QUEUE).close(), database.close()])
  }
})
