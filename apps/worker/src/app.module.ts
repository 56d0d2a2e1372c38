import { Module } from '@nestjs/common'
import { openBus } from '@fieldline/bus'
import { createLogger } from '@fieldline/process'
import type { Logger } from '@fieldline/process'
import { openQueue } from '@fieldline/queue'
import { openDatabase } from '@fieldline/store'
import { readConfiguration } from './configuration.js'
import type { Configuration } from './configuration.js'
import { BUS, CONFIGURATION, DATABASE, LOGGER, QUEUE } from './tokens.js'
import { WorkerService } from './worker.service.js'

/** The parts of this process. */
@Module({
  providers: [
    { provide: CONFIGURATION, useFactory: readConfiguration },
    { provide: LOGGER, useFactory: () => createLogger('worker') },
    {
      provide: DATABASE,
      inject: [CONFIGURATION, LOGGER],
      useFactory: ({ databaseUrl }: Configuration, log: Logger) =>
        openDatabase(databaseUrl, {
          onConnectionLost: (error) => log.warn({ err: error }, 'database: connection lost'),
        }),
    },
    {
      provide: BUS,
      inject: [CONFIGURATION, LOGGER],
      useFactory: ({ databaseUrl, redisUrl }: Configuration, log: Logger) =>
        openBus({ databaseUrl, redisUrl }, log),
    },
    {
      provide: QUEUE,
      inject: [CONFIGURATION],
      useFactory: ({ databaseUrl, redisUrl }: Configuration) => openQueue({ databaseUrl, redisUrl }),
    },
    WorkerService,
  ],
})
export class AppModule {}
