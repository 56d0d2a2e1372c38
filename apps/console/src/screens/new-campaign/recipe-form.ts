import type { CampaignRecipe, Scalar } from '@fieldline/contracts'
import { toWire } from '../device/write-value'
import type { Target } from './target'

/** The form as it is typed: numbers are what the number fields hold, an emptied field holds ''. */
export interface FormValues {
  name: string
  audience: string
  write: { key: string; path: string; value: string }[]
  waves: {
    key: string
    by: 'percent' | 'size'
    amount: number | string
    soak: number | string
    unit: SoakUnit
  }[]
  successThreshold: number | string
  errorThreshold: number | string
  minSample: number | string
  action: 'pause' | 'abort'
  missed: number | string
  graceMinutes: number | string
}

const soakUnits = { min: 60, h: 3_600, d: 86_400 } as const
type SoakUnit = keyof typeof soakUnits

let keys = 0
/** A key for a row that can be removed from the middle. */
export function rowKey(): string {
  keys += 1
  return `row-${keys}`
}

export function initialValues(audience: string): FormValues {
  return {
    name: '',
    audience,
    write: [{ key: rowKey(), path: '', value: '' }],
    waves: [
      { key: rowKey(), by: 'percent', amount: 1, soak: 1, unit: 'd' },
      { key: rowKey(), by: 'percent', amount: 10, soak: 1, unit: 'd' },
      { key: rowKey(), by: 'percent', amount: 100, soak: 1, unit: 'd' },
    ],
    successThreshold: 98,
    errorThreshold: 5,
    minSample: 10,
    action: 'pause',
    missed: 3,
    graceMinutes: 5,
  }
}

/** What was typed as a value: by the type of the resource where it is known, else a number when it looks like one, else text. */
function scalarOf(text: string, target: Target | undefined): Scalar {
  if (target === undefined) return /^-?\d+(\.\d+)?$/.test(text.trim()) ? Number(text) : text
  const wire = toWire(target.type, text)
  // What is of the wrong type goes as typed: the API names the field and says what is wrong.
  return 'value' in wire ? wire.value : text
}

/** The recipe of the form. `targets` are what is known of the paths. */
export function recipeOf(form: FormValues, targets: ReadonlyMap<string, Target>): CampaignRecipe {
  return {
    name: form.name,
    kind: 'config',
    audience: form.audience,
    write: form.write.map(({ path, value }) => ({
      path: path.trim(),
      value: scalarOf(value, targets.get(path.trim())),
    })),
    waves: form.waves.map(({ by, amount, soak, unit }) => ({
      ...(by === 'size' ? { size: Number(amount) } : { percent: Number(amount) }),
      soakSeconds: Math.round(Number(soak) * soakUnits[unit]),
    })),
    success: { threshold: Number(form.successThreshold) },
    error: {
      threshold: Number(form.errorThreshold),
      minSample: Number(form.minSample),
      action: form.action,
    },
    silence: { missed: Number(form.missed), grace: Math.round(Number(form.graceMinutes) * 60) },
  }
}
