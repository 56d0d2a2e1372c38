import type { ValueType } from '@fieldline/contracts'
import { useEffect, useState } from 'react'

/** What the registry knows of a path that is to be written. */
export interface Target {
  name: string
  object: string
  type: ValueType
  writable: boolean
  range?: string
  unit?: string
}

const resourcePath = /^\/(\d{1,5})\/\d{1,5}\/(\d{1,5})$/

/** Looks paths up in the registry, which is fetched only when this form is open. */
async function lookUp(paths: readonly string[]): Promise<Map<string, Target>> {
  const { objectDefinition } = await import('@fieldline/object-model')
  const targets = new Map<string, Target>()
  for (const path of paths) {
    const found = resourcePath.exec(path)
    const object = found === null ? undefined : objectDefinition(Number(found[1]))
    const resource = object?.resources.get(Number(found?.[2]))
    // Execute-only resources have no type: they cannot be written anyway.
    if (object === undefined || resource === undefined || (resource.type as string) === 'none') continue
    targets.set(path, {
      name: resource.name,
      object: object.name,
      type: resource.type as ValueType,
      writable: resource.operations.includes('W'),
      ...(resource.range === '' ? {} : { range: resource.range }),
      ...(resource.units === '' ? {} : { unit: resource.units }),
    })
  }
  return targets
}

export function useTargets(paths: readonly string[]): ReadonlyMap<string, Target> {
  const [targets, setTargets] = useState<ReadonlyMap<string, Target>>(new Map())
  const text = paths.map((path) => path.trim()).join(' ')
  useEffect(() => {
    let current = true
    void lookUp(text.split(' ')).then((found) => {
      if (current) setTargets(found)
    })
    return () => {
      current = false
    }
  }, [text])
  return targets
}
