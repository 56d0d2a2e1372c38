import 'reflect-metadata'
import type { Bus } from '@fieldline/bus'
import { createLogger, runProcess } from '@fieldline/process'
import type { Queue } from '@fieldline/queue'
import type { Database } from '@fieldline/store'
import { createApi } from './app.js'
import { ensureFirstSignIn } from './auth/first-sign-in.js'
import type { Configuration } from './configuration.js'
import { BUS, CONFIGURATION, DATABASE, QUEUE } from './tokens.js'

const log = createLogger('api')
await runProcess(log, async () => {
  const app = await createApi()
  const configuration = app.get<Configuration>(CONFIGURATION)
  const database = app.get<Database>(DATABASE)
  await ensureFirstSignIn(database, configuration.firstSignIn)
  await app.listen(configuration.port, configuration.host)
  log.info({ url: await app.getUrl() }, 'API listens')
  return async () => {
    await app.close()
    await Promise.all([app.get<Bus>(BUS).close(), app.get<Queue>(QUEUE).close(), database.close()])
  }
})
