import { Module } from '@nestjs/common'
import { openBus } from '@fieldline/bus'
import { createLogger } from '@fieldline/process'
import type { Logger } from '@fieldline/process'
import { openDatabase } from '@fieldline/store'
import { readConfiguration } from './configuration.js'
import type { Configuration } from './configuration.js'
import { LwM2mServerService } from './lwm2m-server.service.js'
import { BUS, CONFIGURATION, DATABASE, LOGGER } from './tokens.js'

/** The parts of this process. */
@Module({
  providers: [
    { provide: CONFIGURATION, useFactory: readConfiguration },
    { provide: LOGGER, useFactory: () => createLogger('lwm2m-server') },
    {
      provide: DATABASE,
      inject: [CONFIGURATION, LOGGER],
      useFactory: ({ databaseUrl }: Configuration, log: Logger) =>
        openDatabase(databaseUrl, {
          connections: 12,
          onConnectionLost: (error) => log.warn({ err: error }, 'database: connection lost'),
        }),
    },
    {
      provide: BUS,
      inject: [CONFIGURATION, LOGGER],
      useFactory: ({ databaseUrl, redisUrl }: Configuration, log: Logger) =>
        openBus({ databaseUrl, redisUrl }, log),
    },
    LwM2mServerService,
  ],
})
export class AppModule {}
