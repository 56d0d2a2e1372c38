#!/usr/bin/env node
// @ts-check
/**
 * Stands in for Prisma's native `schema-engine` executable: the same command line and JSON-RPC lines on stdio, carried by the WebAssembly
 * build of that engine and the pg driver adapter, so that `prisma migrate` works from installed packages alone.
 * `libs/platform/store/prisma.config.ts` names it in PRISMA_SCHEMA_ENGINE_BINARY.
 */
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { createInterface } from 'node:readline'
import { PrismaPg } from '@prisma/adapter-pg'
import { ColumnTypeEnum, bindMigrationAwareSqlAdapterFactory } from '@prisma/driver-adapter-utils'
import * as glue from '@prisma/schema-engine-wasm/schema_engine_bg'
import pg from 'pg'

const CHAR_OID = 18 // PostgreSQL's one-byte "char", found all over its catalogue
const TEXT_OID = 25

const args = process.argv.slice(2)
const datasourceUrl = JSON.parse(argument('--datasource') ?? '{}').url

if (args[0] === '--version') {
  console.log('schema-engine-wasm (npm)')
} else if (args.includes('cli')) {
  await runSubcommand(args[args.indexOf('cli') + 1])
} else {
  await serveJsonRpc()
}

/** @param {string} name */
function argument(name) {
  const at = args.indexOf(name)
  return at < 0 ? undefined : args[at + 1]
}

/** @param {string} identifier */
function quote(identifier) {
  return `"${identifier.replaceAll('"', '""')}"`
}

/**
 * A plain configuration, never a connection string: adapter-pg's shadow database overrides `database` only, and with a connection string
 * the shadow database would be the main one.
 * @param {string} text
 * @param {string} [database]
 */
function pgConfig(text, database) {
  const url = new URL(text)
  const sslMode = url.searchParams.get('sslmode') ?? ''
  return {
    host: url.searchParams.get('host') ?? url.hostname,
    port: Number(url.port || 5432),
    user: decodeURIComponent(url.username) || undefined,
    password: decodeURIComponent(url.password) || undefined,
    database: database ?? decodeURIComponent(url.pathname.slice(1)),
    ssl: ['require', 'verify-full', 'no-verify'].includes(sslMode)
      ? { rejectUnauthorized: sslMode === 'verify-full' }
      : undefined,
  }
}

/**
 * @param {pg.ClientConfig} config
 * @param {string} [sql]
 */
async function execute(config, sql) {
  const client = new pg.Client(config)
  await client.connect()
  try {
    if (sql) await client.query(sql)
  } finally {
    await client.end()
  }
}

/** The one-shot commands, answered by the exit code. @param {string | undefined} command */
async function runSubcommand(command) {
  const database = decodeURIComponent(new URL(datasourceUrl).pathname.slice(1))
  try {
    switch (command) {
      case 'can-connect-to-database':
        await execute(pgConfig(datasourceUrl))
        break
      case 'create-database':
        await execute(pgConfig(datasourceUrl, 'postgres'), `CREATE DATABASE ${quote(database)}`).catch(
          (error) => {
            // two deployments at once: the other one made it, which is as good
            if (error.code !== '42P04' && error.code !== '23505') throw error
          },
        )
        break
      case 'drop-database':
        await execute(
          pgConfig(datasourceUrl, 'postgres'),
          `DROP DATABASE IF EXISTS ${quote(database)} WITH (FORCE)`,
        )
        break
      default:
        throw new Error(`unknown command ${command}`)
    }
  } catch (error) {
    const url = new URL(datasourceUrl)
    const { code, message } = /** @type {{ code?: string, message: string }} */ (error)
    if (code === '3D000')
      fail('P1003', `Database \`${database}\` does not exist`, { database_name: database })
    else if (code === '28P01') fail('P1000', message, { database_user: url.username })
    else
      fail('P1001', `Can't reach database server at \`${url.host}\`: ${message}`, {
        database_location: url.host,
      })
  }
}

/**
 * Reports as the native engine does: the CLI skips the first line of stderr and then wants one JSON line with exactly this target.
 * @param {string} errorCode
 * @param {string} message
 * @param {object} meta
 */
function fail(errorCode, message, meta) {
  const fields = { is_panic: false, message, error_code: errorCode, meta }
  const entry = {
    level: 'ERROR',
    message,
    fields,
    target: 'schema_engine::logger',
    timestamp: new Date().toISOString(),
  }
  process.stderr.write(`{}\n${JSON.stringify(entry)}\n`)
  process.exitCode = 1
}

/** Repairs in place two habits of adapter-pg that migrations cannot live with. @param {PrismaPg} factory */
function mendAdapter(factory) {
  const connect = factory.connect.bind(factory)
  factory.connect = async () => {
    const connection = /** @type {any} */ (await connect())
    const { performIO, queryRaw } = connection
    const charColumns = new WeakMap()
    // adapter-pg cannot read "char" columns, which every introspection selects: let it read them as text …
    connection.performIO = async (/** @type {object} */ query) => {
      const result = await performIO.call(connection, query)
      const found = (result.fields ?? []).flatMap(
        (/** @type {{ dataTypeID: number }} */ field, /** @type {number} */ i) =>
          field.dataTypeID === CHAR_OID ? [i] : [],
      )
      for (const i of found) result.fields[i].dataTypeID = TEXT_OID
      charColumns.set(query, found)
      return result
    }
    // … and hand them over as characters: as text the engine would end on any CHECK constraint
    connection.queryRaw = async (/** @type {object} */ query) => {
      const result = await queryRaw.call(connection, query)
      for (const i of charColumns.get(query) ?? []) result.columnTypes[i] = ColumnTypeEnum.Character
      return result
    }
    // adapter-pg cuts a script at every semicolon, also inside comments and functions; PostgreSQL takes it whole, as one transaction
    connection.executeScript = async (/** @type {string} */ script) => {
      await connection.client.query(script).catch(connection.onError.bind(connection))
    }
    return connection
  }
  return factory
}

/** @param {ReturnType<typeof pgConfig>} config @param {string | undefined} schema */
function adapter(config, schema) {
  const factory = mendAdapter(new PrismaPg(config, { schema }))
  // adapter-pg drops its shadow database while its own pool is still connected to it: drop it after the pool has ended
  factory.connectToShadowDb = async () => {
    const database = `prisma_migrate_shadow_db_${crypto.randomUUID()}`
    await execute(config, `CREATE DATABASE ${quote(database)}`)
    const connection = await adapter({ ...config, database }, schema).connect()
    const dispose = connection.dispose.bind(connection)
    connection.dispose = async () => {
      await dispose()
      await execute(config, `DROP DATABASE IF EXISTS ${quote(database)} WITH (FORCE)`)
    }
    // adapter-pg cuts a script at every semicolon, also inside comments and functions; PostgreSQL takes it whole, as one transaction
    connection.executeScript = async (/** @type {string} */ script) => {
      await connection.client.query(script).catch(connection.onError.bind(connection))
    }
    return connection
  }
  return factory
}

/** Loads the WebAssembly build by hand, as there is no bundler here to do it. */
async function loadEngine() {
  const module = createRequire(import.meta.url).resolve('@prisma/schema-engine-wasm/schema_engine_bg')
  const bytes = readFileSync(module.replace(/\.js$/, '.wasm'))
  // @ts-expect-error the types of the package lack what its bundler entry does
  const { instance } = await WebAssembly.instantiate(bytes, { './schema_engine_bg.js': glue })
  // @ts-expect-error see above
  glue.__wbg_set_wasm(instance.exports)
  // @ts-expect-error see above
  instance.exports.__wbindgen_start()
  let panic = ''
  // the engine's panic hook reports here; without it a panic would end the process in silence and with exit code 0
  Object.assign(globalThis, {
    PRISMA_WASM_PANIC_REGISTRY: { set_message: (/** @type {string} */ text) => (panic = text) },
  })
  const config = datasourceUrl ? pgConfig(datasourceUrl) : /** @type {any} */ ({})
  const schema = datasourceUrl ? (new URL(datasourceUrl).searchParams.get('schema') ?? undefined) : undefined
  const factory = bindMigrationAwareSqlAdapterFactory(adapter(config, schema))
  // @ts-expect-error see above
  const engine = await glue.SchemaEngine.new({ datamodels: undefined }, () => {}, factory)
  return { engine, panicMessage: () => panic }
}

async function serveJsonRpc() {
  /** @type {ReturnType<typeof loadEngine> | undefined} */
  let loading
  /** @param {object} message */
  const send = (message) => process.stdout.write(`${JSON.stringify({ jsonrpc: '2.0', ...message })}\n`)
  /** @param {string} line */
  const answer = async (line) => {
    const { id, method, params } = JSON.parse(line)
    if (!method) return // the answer to a `print` call of ours
    let panicMessage = () => ''
    try {
      loading ??= loadEngine()
      const loaded = await loading
      const { engine } = loaded
      panicMessage = loaded.panicMessage
      const result = await engine[method === 'getDatabaseVersion' ? 'version' : method](params)
      if (method === 'diff' && result?.stdout)
        send({ id: id + 1e6, method: 'print', params: { content: result.stdout } })
      send({ id, result: result ?? null })
    } catch (thrown) {
      const error = /** @type {{ message?: string, code?: string, meta?: object }} */ (thrown)
      const message = panicMessage() || String(error?.message ?? error)
      const data = {
        is_panic: panicMessage() !== '',
        message,
        meta: error?.meta ?? {},
        error_code: error?.code ?? /\b(P\d{4})\b/.exec(message)?.[1],
      }
      send({
        id,
        error: { code: 4466, message: 'An error happened. Check the data field for details.', data },
      })
      if (panicMessage()) process.exitCode = 101
    }
  }
  let pending = Promise.resolve()
  for await (const line of createInterface({ input: process.stdin }))
    pending = pending.then(() => answer(line))
  await pending
  process.exit()
}
