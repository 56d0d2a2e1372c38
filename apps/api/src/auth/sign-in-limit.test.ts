import { describe, expect, it } from 'vitest'
import Fastify from 'fastify'
import type { Configuration } from '../configuration.js'
import type { Authentication } from './authentication.js'
import { mountAuthentication } from './web-request.js'
import { SignInLimit } from './sign-in-limit.js'

const tries = (limit: SignInLimit, count: number, email: string, now = 0) =>
  Array.from({ length: count }, () => limit.take(email, now)).at(-1)

describe('sign-in', () => {
  it('is refused after ten tries a minute for one e-mail address, however it is written, and not for another', () => {
    const limit = new SignInLimit()
    expect(tries(limit, 10, 'ada@example.com')).toBeUndefined()
    expect(limit.take(' Ada@Example.com', 15_000)).toBe(45)
    expect(limit.take('bob@example.com', 15_000)).toBeUndefined()
    expect(limit.take('ada@example.com', 60_000)).toBeUndefined()
  })

  it('of very many names remembers the latest, in bounded memory', () => {
    const limit = new SignInLimit()
    tries(limit, 11, 'first@example.com')
    for (let i = 0; i < 10_000; i++) limit.take(`${i}@example.com`, 1)
    expect(limit.take('first@example.com', 2)).toBeUndefined()
    expect(tries(limit, 11, '9999@example.com', 2)).toBeDefined()
  })

  it('is refused before the sign-in library sees it', async () => {
    const fastify = Fastify()
    let seen = 0
    const authentication = { handler: async () => (seen++, new Response('{}', { status: 401 })) }
    const configuration = { consoleUrl: 'http://127.0.0.1:3000' } as Configuration
    mountAuthentication(fastify, authentication as unknown as Authentication, configuration)
    const tryOnce = async (email: string) => {
      const answer = await fastify.inject({
        method: 'POST',
        url: '/api/auth/sign-in/email',
        payload: { email, password: 'wrong' },
      })
      return answer.statusCode
    }
    for (let i = 0; i < 10; i++) expect(await tryOnce('ada@example.com')).toBe(401)
    expect(await tryOnce('ada@example.com')).toBe(429)
    expect(await tryOnce('bob@example.com')).toBe(401)
    expect(seen).toBe(11)
  })
})
