import 'reflect-metadata'
import { NestFactory } from '@nestjs/core'
import type { Bus } from '@fieldline/bus'
import { createLogger, runProcess } from '@fieldline/process'
import type { Queue } from '@fieldline/queue'
import type { Database } from '@fieldline/store'
import { AppModule } from './app.module.js'
import { BUS, DATABASE, QUEUE } from './tokens.js'
import { WorkerService } from './worker.service.js'

await runProcess(createLogger('worker'), async () => {
  const app = await NestFactory.createApplicationContext(AppModule, {
    logger: ['error', 'warn'],
    abortOnError: false,
  })
  await app.get(WorkerService).start()
  return async () => {
    await app.close() // the jobs under way first, then what they worked with
    await Promise.all([
      app.get<Bus>(BUS).close(),
      app.get<Queue>(QUEUE).close(),
      app.get<Database>(DATABASE).close(),
    ])
  }
})
