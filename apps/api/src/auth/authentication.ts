import { betterAuth } from 'better-auth'
import { prismaAdapter } from 'better-auth/adapters/prisma'
import type { Database } from '@fieldline/store'
import { consoleOrigins } from '../configuration.js'
import type { Configuration } from '../configuration.js'
import { ADDRESS_HEADER } from './web-request.js'

const WEEK_SECONDS = 7 * 86_400

/** Console sign-in: e-mail and password, a session in a cookie that scripts cannot read. Nobody signs up by themselves. */
export function createAuthentication({ authSecret, consoleUrl }: Configuration, { prisma }: Database) {
  return betterAuth({
    appName: 'Fieldline',
    baseURL: consoleUrl,
    basePath: '/api/auth',
    secret: authSecret,
    trustedOrigins: consoleOrigins({ consoleUrl }),
    database: prismaAdapter(prisma, { provider: 'postgresql' }),
    emailAndPassword: { enabled: true, disableSignUp: true, minPasswordLength: 12 },
    session: { expiresIn: WEEK_SECONDS, updateAge: 86_400 },
    user: {
      additionalFields: {
        role: { type: 'string', required: false, defaultValue: 'viewer', input: false },
        organisationId: { type: 'string', required: false, input: false },
      },
    },
    rateLimit: {
      enabled: true,
      window: 60,
      max: 120,
      // per address, and everybody has the console's: guessing one person's password is slowed down by SignInLimit
      customRules: { '/sign-in/email': { window: 60, max: 120 } },
    },
    advanced: {
      useSecureCookies: consoleUrl.startsWith('https:'),
      ipAddress: { ipAddressHeaders: [ADDRESS_HEADER] },
    },
    telemetry: { enabled: false },
  })
}

export type Authentication = ReturnType<typeof createAuthentication>
