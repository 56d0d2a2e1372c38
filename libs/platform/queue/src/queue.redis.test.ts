import { describe } from 'vitest'
import { queueContract } from './queue-contract.test-support.js'

describe('the queue on Redis', () => {
  queueContract({ databaseUrl: '', redisUrl: process.env.REDIS_URL })
})
