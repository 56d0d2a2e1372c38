// @ts-check
import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'

/** Programs that tests need and this repository does not bring, by the name that REQUIRE uses. */
const programs = /** @type {const} */ ({
  chromium: ['chromium', 'chromium-browser', 'google-chrome'],
  redis: ['redis-server'],
  libcoap: ['coap-client-notls', 'coap-client', 'coap-client-openssl', 'coap-client-gnutls'],
  gnutls: ['gnutls-cli'],
  openssl: ['openssl'],
  // compiled from tools/e2e/native and named by MBEDTLS_CLIENT
  mbedtls: [],
})

/** @typedef {keyof typeof programs} ProgramName */

/** The path of a program, from its own variable (`CHROMIUM_PATH`) or the search path. @param {ProgramName} name */
export function findProgram(name) {
  const given = process.env[name === 'mbedtls' ? 'MBEDTLS_CLIENT' : `${name.toUpperCase()}_PATH`]
  if (given) return given
  for (const folder of (process.env.PATH ?? '').split(delimiter)) {
    for (const file of programs[name]) {
      try {
        accessSync(join(folder, file), constants.X_OK)
        return join(folder, file)
      } catch {
        // the next place
      }
    }
  }
  return undefined
}

/** The programs that must be there, from REQUIRE=chromium,redis,… */
export function requiredPrograms() {
  const names = (process.env.REQUIRE ?? '').split(',').map((name) => name.trim())
  return new Set(names.filter((name) => name !== ''))
}

/** Every program with its path, if it has one. */
export function allPrograms() {
  return /** @type {ProgramName[]} */ (Object.keys(programs)).map((name) => ({
    name,
    path: findProgram(name),
  }))
}
