import { randomUUID } from 'node:crypto'
import { NestFactory } from '@nestjs/core'
import { FastifyAdapter } from '@nestjs/platform-fastify'
import type { NestFastifyApplication } from '@nestjs/platform-fastify'
import type { FastifyRequest } from 'fastify'
import { DomainError } from '@fieldline/contracts'
import { AppModule } from './app.module.js'
import type { Authentication } from './auth/authentication.js'
import { AUTHENTICATION } from './auth/tokens.js'
import { mountAuthentication } from './auth/web-request.js'
import type { Configuration } from './configuration.js'
import { assertEveryRouteIsBound } from './http/bind.js'
import { answerBrokenRequest, answerRouterError } from './http/router-errors.js'
import { CONFIGURATION } from './tokens.js'

const MAX_BODY_BYTES = 1024 * 1024
/** An endpoint name of 255 bytes, each escaped. */
const MAX_PARAMETER = 255 * 3

/** The whole interface, configured by the environment and not listening yet. */
export async function createApi(): Promise<NestFastifyApplication> {
  const adapter = new FastifyAdapter({
    bodyLimit: MAX_BODY_BYTES,
    routerOptions: { maxParamLength: MAX_PARAMETER },
    genReqId: () => randomUUID(),
    forceCloseConnections: true,
    frameworkErrors: answerRouterError,
    clientErrorHandler: answerBrokenRequest,
  })
  const app = await NestFactory.create<NestFastifyApplication>(AppModule, adapter, {
    logger: ['error', 'warn'],
    abortOnError: false,
    bodyParser: false,
  })
  assertEveryRouteIsBound()
  const fastify = adapter.getInstance()
  fastify.removeContentTypeParser('text/plain')
  // a verb has an optional body: nothing at all is as good as one left out, whatever the header speaks of
  const parse = fastify.getDefaultJsonParser('error', 'error')
  app.useBodyParser('application/json', {}, (request, body, done) => {
    if (body.length === 0) done(null, undefined)
    else parse(request as FastifyRequest, body.toString(), done)
  })
  app.useBodyParser('*', {}, (_request, body, done) => {
    if (body.length === 0) done(null, undefined)
    else done(new DomainError('unsupported-media-type', 'Send the body as application/json.'))
  })
  const configuration = app.get<Configuration>(CONFIGURATION)
  mountAuthentication(fastify, app.get<Authentication>(AUTHENTICATION), configuration)
  return app
}
