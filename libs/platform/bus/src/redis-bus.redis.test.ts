import { describe } from 'vitest'
import { createLogger } from '@fieldline/process'
import { busContract } from './bus-contract.test-support.js'
import { openRedisBus } from './redis-bus.js'

describe('the bus over Redis', () => {
  busContract(() => openRedisBus(process.env.REDIS_URL ?? '', createLogger('test')))
})
