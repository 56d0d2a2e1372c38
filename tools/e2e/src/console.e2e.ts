import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { AxeBuilder } from '@axe-core/playwright'
import { chromium } from '@playwright/test'
import type { Browser, BrowserContext, Page } from '@playwright/test'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Campaign, Device, List, ObjectTree } from '@fieldline/contracts'
import { startSystem, until } from './system.test-support.js'
import type { System } from './system.test-support.js'

const executablePath = process.env.CHROMIUM_PATH
/** The demo fleet of these tests. */
const fleet = ['--meters', '30', '--seed', '4']
const quiet = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]

describe.runIf(executablePath)('the console in a real browser', () => {
  let system: System
  let browser: Browser
  let context: BrowserContext
  let page: Page
  /** Addresses of another origin that a page asked for, dialogs it opened, errors it threw. */
  const foreign: string[] = []
  const alarms: string[] = []
  let devices: Device[] = []
  const pageOf = (endpoint: string): string => `/devices/${encodeURIComponent(endpoint)}`

  async function open(path: string): Promise<void> {
    await page.goto(`${system.console}${path}`)
    await page.getByRole('main').waitFor()
  }

  beforeAll(async () => {
    system = await startSystem({
      args: [...fleet, '--registration', 'known'],
      env: { REDIS_URL: process.env.E2E_REDIS_URL ?? '' },
    })
    browser = await chromium.launch({ executablePath, args: quiet })
    context = await browser.newContext({ viewport: { width: 1440, height: 900 } })
    page = await context.newPage()
    page.setDefaultTimeout(20_000)
    page.on('request', (request) => {
      const url = new URL(request.url())
      if (!['data:', 'blob:'].includes(url.protocol) && url.origin !== system.console)
        foreign.push(request.url())
    })
    page.on('dialog', (dialog) => {
      alarms.push(`dialog ${dialog.message()}`)
      void dialog.dismiss()
    })
    page.on('pageerror', (error) => alarms.push(error.message))
    devices = await until('the demo fleet', 90_000, async () => {
      const { body } = await system.call<List<Device>>('GET', '/v1/devices?limit=1000&q=status:registered')
      return (
        body.items.filter(
          ({ vendor, batteryPercent }) => vendor !== undefined && batteryPercent !== undefined,
        ).length >= 20 && body.items
      )
    })
  })
  afterAll(async () => {
    await browser?.close()
    await system?.stop()
  })

  it('lets nobody in with a wrong password, and says so', async () => {
    await page.goto(`${system.console}/devices`)
    await page.getByLabel('E-mail').fill(system.credentials.email)
    await page.getByLabel('Password', { exact: true }).fill('not the password')
    await page.getByRole('button', { name: 'Sign in' }).click()
    await page.getByRole('alert').first().waitFor()
    await page.getByLabel('Password', { exact: true }).fill(system.credentials.password)
    await page.getByRole('button', { name: 'Sign in' }).click()
    await page.getByRole('heading', { name: 'Devices' }).waitFor()
    const cookies = await context.cookies()
    expect(cookies.every(({ httpOnly }) => httpOnly)).toBe(true)
  })

  it('lists devices by a filter that stands in the address, and says what is wrong with a bad one', async () => {
    await open('/devices?q=vendor:Tarnwater')
    const names = page.getByRole('table').getByRole('link')
    await names.first().waitFor()
    expect(await names.count()).toBeGreaterThan(3)
    await open('/devices?q=vendr:Tarnwater')
    await page.getByText('did you mean "vendor:"').waitFor()
  })

  it('shows the text of a device as text', async () => {
    const planted = devices.find(({ vendor }) => vendor?.includes('onerror'))
    expect(planted).toBeDefined()
    await open(pageOf(planted?.endpoint ?? ''))
    await page.getByText('<img src=x onerror=alert(1)>').first().waitFor()
    await open('/')
    await page
      .getByText(/<img src=x/)
      .first()
      .waitFor()
    expect(await page.locator('img[src="x"]').count()).toBe(0)
    expect(alarms).toEqual([])
  })

  it('holds a request to a sleeping meter, says when it is expected, and takes it back', async () => {
    const sleeper = await until('an H2 that sleeps', 60_000, async () => {
      const { body } = await system.call<List<Device>>('GET', '/v1/devices?q=model:H2%20status:sleeping')
      return body.items[0]
    })
    await open(pageOf(sleeper.endpoint))
    await page.getByRole('button', { name: 'Read /3/0/0 Manufacturer' }).click()
    await page
      .getByText(/Waiting, expected/)
      .first()
      .waitFor()
    await page.getByRole('button', { name: 'Cancel Read /3/0/0' }).first().click()
    await page.getByText('Cancelled').first().waitFor()
  })

  it('shows a value in its row as soon as it is there, without asking for it again', async () => {
    const mains = devices.find(({ model }) => model === 'E3')
    await open(pageOf(mains?.endpoint ?? ''))
    const value = page.getByRole('row').filter({ hasText: '/3/0/13' }).getByRole('cell').nth(2)
    const clock = async (): Promise<string | undefined> =>
      /\d\d:\d\d:\d\d/.exec((await value.textContent()) ?? '')?.[0]
    const before = await until('the clock of the meter', 20_000, clock)
    await page.route('**/objects', (route) => route.abort())
    try {
      await page.getByRole('button', { name: 'Read /3/0/13 Current Time' }).click()
      await until('the clock as it was read', 20_000, async () => (await clock()) !== before)
    } finally {
      await page.unroute('**/objects')
    }
  })

  it('reads an object without a definition by its number', async () => {
    const gas = devices.find(({ model }) => model === 'G4')
    await open(`${pageOf(gas?.endpoint ?? '')}?object=/33042/0`)
    await page.getByText(/no definition: values are read by number/).waitFor()
    await page.getByRole('button', { name: 'Read /33042/0 Object 33042' }).click()
    await page
      .getByText(/Read: (Waiting|Sent|Answered)/)
      .first()
      .waitFor()
  })

  it('refuses to clear a billing register in words, and asks for the name before a reboot', async () => {
    const water = devices.find(({ model }) => model === 'TW1')
    await open(pageOf(water?.endpoint ?? ''))
    await page.getByText('Water', { exact: false }).first().waitFor()
    const { body: tree } = await system.call<ObjectTree>(
      'GET',
      `/v1/devices/${encodeURIComponent(water?.endpoint ?? '')}/objects`,
    )
    const reset = tree.objects
      .flatMap(({ instances }) => instances.flatMap(({ resources }) => resources))
      .find(({ hazard }) => hazard === 'register-reset')
    expect(reset).toBeDefined()
    await page
      .getByText(`/${reset?.path.split('/')[1]}/0`, { exact: true })
      .first()
      .click()
    await page.getByRole('button', { name: `Execute ${reset?.path} ${reset?.name}` }).click()
    const dialog = page.getByRole('dialog')
    if (await dialog.isVisible().catch(() => false))
      await dialog.getByRole('button', { name: /Execute/ }).click()
    await page
      .getByText(/clears a register that is billed by/)
      .first()
      .waitFor()
    await open(pageOf(water?.endpoint ?? ''))
    await page.getByRole('button', { name: 'Execute /3/0/4 Reboot' }).click()
    await page.getByRole('button', { name: 'Execute Reboot' }).click()
    const reboot = page.getByRole('button', { name: 'Execute /3/0/4', exact: true })
    const name = page.getByLabel('Type the endpoint name to go on')
    await name.fill('another')
    expect(await reboot.isDisabled()).toBe(true)
    await name.fill(water?.endpoint ?? '')
    expect(await reboot.isEnabled()).toBe(true)
    await page.getByRole('button', { name: 'Keep things as they are' }).click()
    const { body: asked } = await system.call<List<{ path: string }>>(
      'GET',
      `/v1/devices/${encodeURIComponent(water?.endpoint ?? '')}/operations`,
    )
    expect(asked.items.filter(({ path }) => path === '/3/0/4')).toEqual([])
  })

  it('shows a campaign that paused itself, and why', async () => {
    const recipe = {
      name: 'Minimum period of the E3',
      kind: 'config',
      audience: 'model:E3',
      write: [{ path: '/1/0/2', value: 20 }],
      waves: [{ percent: 100, soakSeconds: 5 }],
      success: { threshold: 98 },
      error: { threshold: 10, minSample: 2, action: 'pause' },
    }
    const { body } = await system.call<Campaign>('POST', '/v1/campaigns', recipe)
    await system.call('POST', `/v1/campaigns/${body.id}/start`)
    await until(
      'the campaign to pause itself',
      60_000,
      async () => (await system.call<Campaign>('GET', `/v1/campaigns/${body.id}`)).body.state === 'paused',
    )
    await open(`/campaigns/${body.id}`)
    await page
      .getByText(/Paused/)
      .first()
      .waitFor()
    await page
      .getByText(/read back another value/i)
      .first()
      .waitFor()
  })

  it('shows how a meter proves who it is, and sets a key that nobody sees again', async () => {
    const secured = await until('a meter with a session', 30_000, async () => {
      const { body } = await system.call<List<Device>>('GET', '/v1/devices?q=model:L7')
      return body.items.find(({ registration }) => registration === 'registered')
    })
    await open(`${pageOf(secured.endpoint)}?tab=security`)
    await page.getByText('TLS_PSK_WITH_AES_128_CCM_8').waitFor()
    await page.getByText(/a change of address needs no handshake/).waitFor()

    const endpoint = 'to-be-secured'
    await system.call('POST', '/v1/devices', { endpoint })
    await open(`${pageOf(endpoint)}?tab=security`)
    await page.getByText(/without security \(NoSec\)/).waitFor()
    const set = page.getByRole('button', { name: 'Set a key…' })
    await set.click()
    await page.keyboard.press('Escape')
    await until('the focus where it was', 5_000, () =>
      set.evaluate((button) => button === button.ownerDocument.activeElement),
    )
    await set.click()
    const key = page.getByLabel('Key', { exact: true })
    await key.fill('00 11 22')
    await page.getByRole('button', { name: 'Store the key' }).click()
    await page.getByRole('alert').getByText(/32/).waitFor()
    await key.fill('00112233445566778899aabbccddeeff')
    await page.getByRole('button', { name: 'Store the key' }).click()
    await page.getByText('DTLS PSK', { exact: false }).first().waitFor()
    expect(await page.content()).not.toContain('00112233445566778899aabbccddeeff')
    await page.getByRole('button', { name: 'Remove the key…' }).click()
    const remove = page.getByRole('button', { name: 'Remove the key', exact: true })
    expect(await remove.isDisabled()).toBe(true)
    await page.getByLabel('Type the endpoint name to go on').fill(endpoint)
    await remove.click()
    await page.getByText(/without security \(NoSec\)/).waitFor()
    // what happens elsewhere is seen without a reload
    const psk = { identity: 'set-elsewhere', key: '00112233445566778899aabbccddeeff' }
    await system.call('PATCH', `/v1/devices/${endpoint}`, { psk })
    await page.getByText('set-elsewhere').waitFor()
  })

  it('asks for the name before it gives a key to a meter that is registered without', async () => {
    const water = devices.find(({ model }) => model === 'TW1')
    await open(`${pageOf(water?.endpoint ?? '')}?tab=security`)
    await page.getByRole('button', { name: 'Set a key…' }).click()
    await page.getByText(/Its registration ends now/).waitFor()
    await page.getByLabel('Key', { exact: true }).fill('00112233445566778899aabbccddeeff')
    const store = page.getByRole('button', { name: 'Store the key' })
    expect(await store.isDisabled()).toBe(true)
    await page.getByLabel('Type the endpoint name to go on').fill(water?.endpoint ?? '')
    expect(await store.isEnabled()).toBe(true)
    await page.getByRole('button', { name: 'Keep things as they are' }).click()
  })

  it('has no fault that axe finds, on any screen, in both colour schemes', async () => {
    const endpoint = devices[0]?.endpoint ?? ''
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' })
      const device = pageOf(endpoint)
      for (const path of [
        '/',
        '/devices',
        device,
        `${device}?tab=security`,
        '/campaigns',
        '/campaigns/new',
      ]) {
        await open(path)
        await page.waitForLoadState('load')
        await until('the loaded page', 20_000, async () => {
          return (await page.getByRole('status', { name: /^Loading/ }).count()) === 0
        })
        await page.waitForTimeout(500) // a chart is drawn after its values came
        const { violations } = await new AxeBuilder({ page }).analyze()
        expect(
          violations.map(({ id, nodes }) => `${path} ${colorScheme}: ${id} ${nodes[0]?.html.slice(0, 160)}`),
          path,
        ).toEqual([])
      }
    }
  })

  it('names what is planted in the demo, and nothing else', async () => {
    const script = fileURLToPath(new URL('../../dev/demo-truth.mjs', import.meta.url))
    const { stdout } = await promisify(execFile)(process.execPath, [script, ...fleet, '--json'])
    const truth = JSON.parse(stdout) as { letter: string; endpoints: string[] }[]
    const planted = (letter: string): string[] =>
      truth.find((entry) => entry.letter === letter)?.endpoints.toSorted() ?? []
    const silent = async (): Promise<string[]> => {
      const { body } = await system.call<List<Device>>('GET', '/v1/devices?limit=1000&q=status:silent')
      return body.items.map(({ endpoint }) => endpoint).toSorted()
    }
    expect(planted('a').length).toBeGreaterThan(2)
    await until('the silent cell', 300_000, async () => (await silent()).length >= planted('a').length)
    const { body } = await system.call<List<Device>>('GET', '/v1/devices?limit=1000')
    const found = (code: string): string[] =>
      body.items
        .filter(({ reasons }) => reasons.some((reason) => reason.code === code))
        .map(({ endpoint }) => endpoint)
        .toSorted()
    expect(await silent()).toEqual(planted('a'))
    expect(found('name-conflict')).toEqual(planted('j'))
    const { body: candidates } = await system.call<List<{ endpoint: string }>>('GET', '/v1/candidates')
    expect(candidates.items.map(({ endpoint }) => endpoint)).toEqual(planted('k'))
    const healthy = body.items.filter(({ health }) => health === 'ok').map(({ endpoint }) => endpoint)
    const known = [...planted('a'), ...planted('j'), ...planted('f')]
    const others = body.items.map(({ endpoint }) => endpoint).filter((endpoint) => !known.includes(endpoint))
    expect(others.filter((endpoint) => !healthy.includes(endpoint))).toEqual([])
    await open('/')
    await page.getByText(/of them in cell .*look at the network before the meters/).waitFor()
  }, 330_000)

  it('asked nothing of another origin and threw nothing', () => {
    expect(foreign).toEqual([])
    expect(alarms).toEqual([])
  })
})
