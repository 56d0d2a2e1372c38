import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fromHex, toHex } from '@fieldline/bytes'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { branchesOf } from './branches.js'
import { Chance } from './chance.js'
import { compareWithCoapPacket } from './coap/differential.js'
import { keepFinding, readFinding } from './findings.js'
import { mutate } from './mutate.js'
import { readOptions } from './options.js'
import { inputOf, runInputs, tryInput } from './run.js'
import { readScript, writeScript } from './steps.js'
import { BrokenPromise } from './target.js'
import type { Target } from './target.js'
import { targets } from './targets.js'

/** A target that does as the first byte says. */
const unruly: Target = {
  name: 'unruly',
  promises: 'nothing',
  sources: [],
  make: (chance) => Uint8Array.of(chance.int(5), chance.int(256)),
  run([way]) {
    if (way === 1) throw new BrokenPromise('broken')
    if (way === 2) for (const until = Date.now() + 400; Date.now() < until;);
    return Promise.resolve()
  },
}

describe('an input', () => {
  it('is the same for the same seed and number, and another for another', () => {
    for (const target of targets) {
      expect(toHex(inputOf(target, 5, 17))).toBe(toHex(inputOf(target, 5, 17)))
      const some = Array.from({ length: 20 }, (_, n) => toHex(inputOf(target, 5, n)))
      expect(new Set(some).size).toBeGreaterThan(15)
    }
  })

  it('that is fine is no finding', async () => {
    expect(await tryInput(unruly, Uint8Array.of(0), 0)).toBeUndefined()
  })

  it('that breaks a promise is a crash with its bytes', async () => {
    const finding = await tryInput(unruly, Uint8Array.of(1, 0xab), 3)
    expect(finding).toMatchObject({ kind: 'crash', input: 3, hex: '01ab' })
    expect(finding?.what).toContain('broken')
  })

  it('that takes too long each time is a hang', async () => {
    expect(await tryInput(unruly, Uint8Array.of(2), 0)).toMatchObject({ kind: 'hang' })
  })
})

describe('a run', () => {
  it('tells findings of one place once', async () => {
    const told: string[] = []
    let number = 0
    const crashing: Target = { ...unruly, run: () => { throw new BrokenPromise(`number ${number++}`) } } // prettier-ignore
    const onFinding = ({ what }: { what: string }): void => void told.push(what)
    const { findings, inputs } = await runInputs(crashing, { seconds: 1, seed: 1, onFinding })
    expect(inputs).toBeGreaterThan(1)
    expect(findings).toHaveLength(1)
    expect(told).toHaveLength(1)
  })
})

describe('a finding', () => {
  let folder: string
  beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), 'fieldline-fuzz-test-'))))
  afterEach(() => rmSync(folder, { recursive: true, force: true }))

  it('is written so that it can be replayed', () => {
    const what = 'Error: broken\n    at somewhere'
    const file = keepFinding(folder, 9, { kind: 'crash', target: 'codec', input: 4, hex: '00ff', what })
    expect(readFinding(file)).toEqual({ target: 'codec', bytes: fromHex('00ff') })
  })

  it('of a target whose input was empty can be replayed, too', () => {
    const file = keepFinding(folder, 9, { kind: 'hang', target: 'xml', input: 4, hex: '', what: '60 ms' })
    expect(readFinding(file).bytes).toHaveLength(0)
  })
})

describe('a change of bytes', () => {
  it('keeps to the length it is given', () => {
    const chance = new Chance(1, 1)
    const bytes = new Uint8Array(100).fill(7)
    for (let i = 0; i < 500; i++) expect(mutate(bytes, chance, [bytes], 120).length).toBeLessThanOrEqual(120)
    expect(mutate(new Uint8Array(0), chance, [bytes]).length).toBeGreaterThan(0)
  })
})

describe('a script', () => {
  it('comes back as it was written, and any bytes are one', () => {
    const steps = [
      { kind: 3, argument: 200, bytes: new Uint8Array(0) },
      { kind: 1, argument: 0, bytes: Uint8Array.of(1, 2, 3) },
    ]
    expect(readScript(writeScript(steps), 256)).toEqual(steps)
    expect(readScript(fromHex('ff00ffff0102'), 7)).toMatchObject([
      { kind: 255 % 7, bytes: Uint8Array.of(1, 2) },
    ])
    expect(readScript(fromHex('000000'), 7)).toEqual([])
  })
})

describe('coap-packet', () => {
  it('reads a message with every kind of option length as we do', () => {
    const option13 = `d${'d'}0000${'61'.repeat(13)}`
    compareWithCoapPacket(fromHex(`42011234aabbb3616263${option13}e000010f11ff78`))
  })
})

describe('branches', () => {
  it('are the arms of decisions and functions', () => {
    const text = `function f(a) {
      if (a) return 1
      else if (a === 0) return a ? 2 : 3
      for (const b of a) b && b()
      try { switch (a) { case 1: case 2: return a ?? 4 } } catch { return 5 }
    }`
    const found = branchesOf(text).map(({ what }) => what)
    expect(found.sort()).toEqual([
      '&&',
      ':',
      '?',
      '??',
      'case',
      'catch',
      'else',
      'function',
      'if',
      'if',
      'loop',
    ])
  })
})

describe('the command line', () => {
  it('takes a target, or an input to replay', () => {
    expect(readOptions(['--target', 'codec', '--seconds', '5', '--seed', '9'])).toMatchObject({
      seconds: 5,
      seed: 9,
    })
    expect(readOptions(['--replay', 'x.hex'])).toMatchObject({ replay: 'x.hex' })
  })

  it('says which targets there are where none fits', () => {
    expect(() => readOptions(['--target', 'dns'])).toThrow(/coap, codec, dtls, links, xml/)
    expect(() => readOptions([])).toThrow(/--target/)
    expect(() => readOptions(['--target', 'coap', '--seconds', '0'])).toThrow(/--seconds/)
  })
})
