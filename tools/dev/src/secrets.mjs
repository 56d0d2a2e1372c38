// @ts-check
import { createHmac, randomBytes } from 'node:crypto'
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/**
 * @typedef {{ email: string, password: string, apiKey: string }} Credentials the first sign-in
 * @typedef {{ databasePassword: string, authSecret: string, storeKey: string }} Secrets what the processes share
 */

/** Writes a file only its owner can read, whole or not at all. @param {string} path @param {unknown} value */
export function writePrivate(path, value) {
  writeFileSync(`${path}.new`, `${JSON.stringify(value, null, 2)}\n`, { mode: 0o600 })
  renameSync(`${path}.new`, path)
}

/** What the keys of the demo meters follow from: another in each installation. @param {Secrets} secrets */
export function meterSecret({ storeKey }) {
  return createHmac('sha256', storeKey).update('demo meters').digest('base64')
}

/**
 * The secrets of this installation, made on the first start.
 * @param {string} dataDir
 * @returns {{ credentials: Credentials, secrets: Secrets, first: boolean, credentialsPath: string }}
 */
export function loadSecrets(dataDir) {
  const credentialsPath = join(dataDir, 'credentials.json')
  const secretsPath = join(dataDir, 'secrets.json')
  const token = (/** @type {number} */ bytes) => randomBytes(bytes).toString('base64url')
  if (!existsSync(secretsPath)) {
    writePrivate(secretsPath, {
      databasePassword: token(24),
      authSecret: token(32),
      storeKey: randomBytes(32).toString('base64'),
    })
  }
  const first = !existsSync(credentialsPath)
  if (first)
    writePrivate(credentialsPath, {
      email: 'admin@fieldline.local',
      password: token(12),
      apiKey: `flk_${token(32)}`,
    })
  return {
    credentials: JSON.parse(readFileSync(credentialsPath, 'utf8')),
    secrets: JSON.parse(readFileSync(secretsPath, 'utf8')),
    first,
    credentialsPath,
  }
}
