import 'reflect-metadata'
import { NestFactory } from '@nestjs/core'
import type { Bus } from '@fieldline/bus'
import { createLogger, runProcess } from '@fieldline/process'
import type { Database } from '@fieldline/store'
import { AppModule } from './app.module.js'
import { LwM2mServerService } from './lwm2m-server.service.js'
import { BUS, DATABASE } from './tokens.js'

await runProcess(createLogger('lwm2m-server'), async () => {
  const app = await NestFactory.createApplicationContext(AppModule, {
    logger: ['error', 'warn'],
    abortOnError: false,
  })
  await app.get(LwM2mServerService).start()
  return async () => {
    await app.close() // the socket first, then what it still had to write
    await Promise.all([app.get<Bus>(BUS).close(), app.get<Database>(DATABASE).close()])
  }
})
