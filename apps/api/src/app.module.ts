import { Module } from '@nestjs/common'
import { APP_FILTER, APP_GUARD } from '@nestjs/core'
import { openBus } from '@fieldline/bus'
import { createLogger } from '@fieldline/process'
import type { Logger } from '@fieldline/process'
import { openQueue } from '@fieldline/queue'
import { openDatabase } from '@fieldline/store'
import type { Database } from '@fieldline/store'
import { createAuthentication } from './auth/authentication.js'
import { PrincipalGuard } from './auth/principal.guard.js'
import { Principals } from './auth/principals.js'
import { AUTHENTICATION } from './auth/tokens.js'
import { AudiencesController } from './campaigns/audiences.controller.js'
import { CampaignViews } from './campaigns/campaign-views.js'
import { CampaignsController } from './campaigns/campaigns.controller.js'
import { readConfiguration } from './configuration.js'
import type { Configuration } from './configuration.js'
import { DevicesController } from './devices/devices.controller.js'
import { HealthController } from './health/health.controller.js'
import { ProblemFilter } from './http/problem.filter.js'
import { LiveController } from './live/live.controller.js'
import { LiveFeed } from './live/live-feed.js'
import { OperationWaiter } from './operations/operation-waiter.js'
import { OperationsController } from './operations/operations.controller.js'
import { BUS, CONFIGURATION, DATABASE, LOGGER, QUEUE } from './tokens.js'

/** The parts of this process. */
@Module({
  controllers: [
    HealthController,
    DevicesController,
    OperationsController,
    AudiencesController,
    CampaignsController,
    LiveController,
  ],
  providers: [
    { provide: CONFIGURATION, useFactory: readConfiguration },
    { provide: LOGGER, useFactory: () => createLogger('api') },
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
    {
      provide: AUTHENTICATION,
      inject: [CONFIGURATION, DATABASE],
      useFactory: (configuration: Configuration, database: Database) =>
        createAuthentication(configuration, database),
    },
    Principals,
    { provide: APP_GUARD, useClass: PrincipalGuard },
    { provide: APP_FILTER, inject: [LOGGER], useFactory: (log: Logger) => new ProblemFilter(log) },
    OperationWaiter,
    CampaignViews,
    LiveFeed,
  ],
})
export class AppModule {}
