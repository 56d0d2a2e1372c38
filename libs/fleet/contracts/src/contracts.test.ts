import { describe, expect, it } from 'vitest'
import {
  BusEvent,
  CampaignRecipe,
  CreateOperation,
  DomainError,
  Endpoint,
  PathText,
  Psk,
  chunkIds,
  limits,
  openApiDocument,
  parseRequest,
  preferredWait,
  problems,
  routeUrl,
  routes,
  toProblem,
  UpdateDevice,
  WriteValue,
} from './index.js'
import type { Route } from './index.js'

const id = '0b9ac1d8-6e0e-4f57-8c66-4f1a7e6bb3a1'

function problemOf(run: () => unknown) {
  try {
    run()
  } catch (error) {
    if (error instanceof DomainError) return { code: error.code, field: error.field }
    throw error
  }
  return undefined
}

describe('endpoint names', () => {
  it('may hold colons, slashes and 255 bytes of UTF-8', () => {
    for (const name of ['urn:imei:490154203237518', 'a/b?c=d', 'ü'.repeat(127), 'x'.repeat(255)])
      expect(Endpoint.parse(name)).toBe(name)
  })
  it('are refused when empty, longer than 255 bytes, or unprintable', () => {
    for (const name of ['', 'ü'.repeat(128), 'x'.repeat(256), 'a\u0000b', 'a\nb', '\ud800'])
      expect(Endpoint.safeParse(name).success, JSON.stringify(name)).toBe(false)
  })
  it('survive the way into an address and back', () => {
    const url = routeUrl('getObjects', { endpoint: 'urn:dev:os:1/ü?#%' })
    expect(decodeURIComponent(url.split('/')[3] as string)).toBe('urn:dev:os:1/ü?#%')
  })
})

describe('paths', () => {
  it('have one to four numbers up to 65534', () => {
    for (const path of ['/3', '/3/0', '/3/0/9', '/65534/0/1/2'])
      expect(PathText.safeParse(path).success).toBe(true)
    for (const path of ['3/0', '/', '/03', '/3/', '/3/0/1/2/3', '/65535', '/3/-1', '/3/0/9 ', '//3'])
      expect(PathText.safeParse(path).success, path).toBe(false)
  })
})

describe('requests', () => {
  it('name the field that is wrong', () => {
    expect(problemOf(() => parseRequest(CreateOperation, { kind: 'blink', path: '/3/0/9' }))).toEqual({
      code: 'invalid-request',
      field: 'kind',
    })
    expect(
      problemOf(() => parseRequest(CreateOperation, { kind: 'read', path: '/3/0/9', now: true }))?.field,
    ).toBe('now')
    expect(problemOf(() => parseRequest(routes.listDevices.query, { limit: '0' }))?.field).toBe('limit')
    expect(problemOf(() => parseRequest(routes.getOperation.params, { id: 'x' }))?.field).toBe('id')
  })
  it('that change nothing are refused', () => expect(UpdateDevice.safeParse({}).success).toBe(false))
  it('coerce numbers of a query and give defaults', () => {
    expect(parseRequest(routes.listDevices.query, { limit: '5' })).toEqual({ limit: 5 })
    expect(parseRequest(routes.listDevices.query, {})).toEqual({ limit: limits.pageDefault })
  })
  it('to the live stream take one endpoint or several and refuse unknown events', () => {
    expect(parseRequest(routes.live.query, { endpoint: 'a', events: 'device,values' })).toEqual({
      endpoint: ['a'],
      events: ['device', 'values'],
    })
    expect(problemOf(() => parseRequest(routes.live.query, { events: 'nothing' }))?.field).toBe('events.0')
  })
  it('write a value or a set of resource instances', () => {
    for (const value of [1, true, 'x', { 0: 1, 1: 2 }]) expect(WriteValue.safeParse(value).success).toBe(true)
    for (const value of [null, [1], { a: 1 }, { 0: null }, Number.NaN])
      expect(WriteValue.safeParse(value).success).toBe(false)
  })
})

describe('pages', () => {
  const lists = Object.entries<Route>(routes).filter(([, { query }]) => query && 'limit' in query.shape)
  it.each(lists)('of %s have a size of their own, and a bound', (name, { query }) => {
    const [usual, most] = name === 'listValues' ? [2_000, 20_000] : [100, 1_000]
    expect(query?.parse({})).toMatchObject({ limit: usual })
    expect(query?.parse({ limit: String(most) })).toMatchObject({ limit: most })
    for (const limit of [most + 1, 0, -1, 1.5, 'many'])
      expect(query?.safeParse({ limit: String(limit) }).success, String(limit)).toBe(false)
  })
  it('are what every list has', () => {
    expect(lists).toHaveLength(7)
  })
})

describe('the preference to wait', () => {
  it('is read from the header and cut to the limit', () => {
    expect(preferredWait('wait=10')).toBe(10)
    expect(preferredWait('respond-async, wait=5')).toBe(5)
    expect(preferredWait('wait=99999')).toBe(limits.waitSeconds)
    for (const header of [undefined, '', 'await=5', 'wait=-1', 'wait=x'])
      expect(preferredWait(header)).toBe(0)
  })
})

describe('text that PostgreSQL cannot keep', () => {
  it('is refused in what is written and in a PSK identity', () => {
    for (const text of ['a\0', '\ud800', 'a\udc00b']) {
      expect(WriteValue.safeParse(text).success).toBe(false)
      expect(WriteValue.safeParse({ 0: text }).success).toBe(false)
      expect(Psk.safeParse({ identity: text, key: '00'.repeat(16) }).success).toBe(false)
    }
    expect(WriteValue.parse('line one\nline two \u{1f4a7}')).toBe('line one\nline two \u{1f4a7}')
    expect(Psk.safeParse({ identity: 'Zähler \u{1f4a7}', key: '00'.repeat(16) }).success).toBe(true)
  })
})

describe('a campaign recipe', () => {
  const least = {
    name: 'Report hourly',
    kind: 'config',
    audience: 'model:E3',
    write: [{ path: '/1/0/3', value: 3600 }],
  }
  it('has gates, waves and silence by default', () => {
    const recipe = CampaignRecipe.parse(least)
    expect(recipe.waves).toHaveLength(3)
    expect(recipe).toMatchObject({
      success: { threshold: 98 },
      error: { threshold: 5, minSample: 10, action: 'pause' },
      silence: { missed: 3, grace: 300 },
    })
  })
  it('is refused without an audience, with an unmeasurable gate, or with two sizes for one wave', () => {
    for (const change of [
      { audience: ' ' },
      { success: { threshold: 0 } },
      { error: { threshold: 0 } },
      { error: { minSample: 0 } },
      { success: { threshold: 100.001 } },
      { waves: [] },
      { waves: [{ size: 1, percent: 1 }] },
      { waves: [{ soakSeconds: 1 }] },
      { write: [] },
      { write: [...least.write, ...least.write] },
      { gate: 'none' },
    ])
      expect(CampaignRecipe.safeParse({ ...least, ...change }).success, JSON.stringify(change)).toBe(false)
  })
  it('takes shares with two decimals', () => {
    for (const threshold of [0.07, 0.29, 1.15, 33.33, 99.99])
      expect(CampaignRecipe.safeParse({ ...least, success: { threshold } }).success, String(threshold)).toBe(
        true,
      )
  })
})

describe('problems', () => {
  it('carry the status of their code', () => {
    expect(toProblem(new DomainError('read-only', '/3/0/0 cannot be written', 'path'), 'r1')).toEqual({
      type: 'urn:fieldline:problem:read-only',
      title: problems['read-only'].title,
      status: 422,
      code: 'read-only',
      detail: '/3/0/0 cannot be written',
      field: 'path',
      requestId: 'r1',
    })
  })
  it('give nothing of an inner fault away', () => {
    expect(JSON.stringify(toProblem(new Error('password=x'), 'r2'))).not.toContain('password')
  })
})

describe('bus events', () => {
  it('fit into one notification of 8000 bytes', () => {
    const deviceIds = Array.from({ length: limits.idsPerBusEvent }, () => id)
    const event = BusEvent.parse({ kind: 'values', organisationId: id, deviceIds })
    expect(JSON.stringify(event).length).toBeLessThan(8_000)
    expect(chunkIds([...deviceIds, id]).map((chunk) => chunk.length)).toEqual([limits.idsPerBusEvent, 1])
  })
})

describe('the OpenAPI document', () => {
  const document = openApiDocument()
  it('is 3.1 and holds every route once', () => {
    expect(document.openapi).toBe('3.1.0')
    const operations = Object.values(document.paths ?? {}).flatMap((path) => Object.values(path as object))
    expect(operations.map((operation) => (operation as { operationId: string }).operationId).sort()).toEqual(
      Object.keys(routes).sort(),
    )
  })
  it('names the shapes that partners will generate types for', () => {
    const names = Object.keys(document.components?.schemas ?? {})
    for (const name of [
      'Device',
      'Value',
      'Operation',
      'Campaign',
      'Task',
      'Problem',
      'Health',
      'ObjectTree',
    ])
      expect(names).toContain(name)
  })
  it('lets null stand where the shape allows it', () => {
    const schemas = document.components?.schemas as Record<string, { properties: Record<string, object> }>
    expect(schemas.Device?.properties.lastContactAt).toMatchObject({ type: ['string', 'null'] })
    expect(JSON.stringify(document).includes('allOf')).toBe(false)
  })
  it('has no reference without a target', () => {
    const text = JSON.stringify(document)
    const names = new Set(Object.keys(document.components?.schemas ?? {}))
    for (const [, name] of text.matchAll(/#\/components\/schemas\/([^"]+)/g)) expect(names).toContain(name)
  })
})
