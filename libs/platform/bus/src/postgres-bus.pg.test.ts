import { describe } from 'vitest'
import { createLogger } from '@fieldline/process'
import { busContract } from './bus-contract.test-support.js'
import { openPostgresBus } from './postgres-bus.js'

describe('the bus over PostgreSQL', () => {
  busContract(() => openPostgresBus(process.env.DATABASE_URL ?? '', createLogger('test')))
})
