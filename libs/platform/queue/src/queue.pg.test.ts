import { describe } from 'vitest'
import { queueContract } from './queue-contract.test-support.js'

describe('the queue on PostgreSQL', () => {
  queueContract({ databaseUrl: process.env.DATABASE_URL ?? '' })
})
