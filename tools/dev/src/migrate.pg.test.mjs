// @ts-check
import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import pg from 'pg'
import { expect, it } from 'vitest'
import { migrate } from './migrate.mjs'

const onLinux = process.platform === 'linux'

/** The command lines of a process and of all below it. @param {number} pid @returns {string[]} */
function commandLines(pid) {
  try {
    const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ')
    const own = readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ')
    return [own, ...children.filter(Boolean).flatMap((child) => commandLines(Number(child)))]
  } catch {
    return [] // it has ended
  }
}

it.runIf(onLinux)(
  'migrates with a password of any characters and shows it on no command line',
  async () => {
    const url = new URL(process.env.DATABASE_URL ?? '')
    const name = `migrate_test_${randomBytes(6).toString('hex')}`
    const password = `${randomBytes(6).toString('hex')}@:/%?# é`
    const client = new pg.Client({ connectionString: url.href })
    await client.connect()
    await client.query(`CREATE ROLE ${name} LOGIN PASSWORD '${password}'`)
    await client.query(`CREATE DATABASE ${name} OWNER ${name}`)
    url.pathname = `/${name}`
    url.username = name
    url.password = encodeURIComponent(password)
    /** @type {Set<string>} */
    const seen = new Set()
    /** @type {NodeJS.Timeout | undefined} */
    let timer
    try {
      await migrate(url.href, (child) => {
        timer = setInterval(() => commandLines(child.pid ?? 0).forEach((line) => seen.add(line)), 10)
      })
      expect([...seen].some((line) => line.includes('--datasource'))).toBe(true) // the engine was seen
      expect([...seen].filter((line) => line.includes(password.slice(0, 12)))).toEqual([])
    } finally {
      clearInterval(timer)
      await client.query(`DROP DATABASE ${name} WITH (FORCE)`)
      await client.query(`DROP ROLE ${name}`)
      await client.end()
    }
  },
  60_000,
)
