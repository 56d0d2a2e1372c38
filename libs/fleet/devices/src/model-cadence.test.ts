import { describe, expect, it } from 'vitest'
import { ModelCadences } from './model-cadence.js'

const fleet = (cadences: readonly (number | null)[]): ModelCadences => {
  const models = new ModelCadences()
  cadences.forEach((cadence, i) => models.note('water', `device-${i}`, cadence))
  return models
}

describe('the default cadence of a model', () => {
  it('is the one that 95 % of its devices keep', () => {
    const cadences = Array.from({ length: 100 }, (_, i) => i + 1)
    expect(fleet(cadences).defaultOf('water', 0)).toBe(95)
    expect(fleet(cadences).defaultOf('gas', 0)).toBeUndefined()
  })

  it('is not taken from the few that chatter while the others are not known yet', () => {
    expect(fleet([60, 60, 60, 60, 60, null, null]).defaultOf('water', 0)).toBeUndefined()
    expect(fleet([60, 60, 60, 60, 3_600, null]).defaultOf('water', 0)).toBe(3_600)
    expect(fleet([60, 60, 60, 60]).defaultOf('water', 0)).toBeUndefined()
  })

  it('is remembered of a bounded number of models, and asked of a bounded number of devices', () => {
    const models = fleet(Array.from({ length: 256 }, () => 60))
    for (let i = 0; i < 1_000; i++) models.note('water', `late-${i}`, 3_600)
    expect(models.defaultOf('water', 0)).toBe(60)
    for (let i = 0; i < 4_096; i++) models.note(`model ${i}`, 'device', 60)
    expect(models.defaultOf('water', 60_000)).toBeUndefined()
  })

  it('follows what is learned later, at most once a minute', () => {
    const models = fleet([60, 60, 60, 60, 60])
    expect(models.defaultOf('water', 0)).toBe(60)
    for (let i = 0; i < 5; i++) models.note('water', `device-${i}`, 900)
    expect(models.defaultOf('water', 30_000)).toBe(60)
    expect(models.defaultOf('water', 60_000)).toBe(900)
  })
})
