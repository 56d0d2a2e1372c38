import type { ObjectTree, ObjectTreeResource } from '@fieldline/contracts'

export interface Section {
  path: string
  name: string
  version: string
  known: boolean
  /** Reading the instance as a whole is of use: nothing of it was read yet, or only its answer tells what it holds. */
  asWhole: boolean
  resources: ObjectTreeResource[]
}

function isUnread(resources: ObjectTreeResource[]): boolean {
  return (
    resources.some(({ operations }) => operations.includes('R')) &&
    resources.every(({ values }) => values.length === 0)
  )
}

function sectionsOf(tree: ObjectTree): Section[] {
  return tree.objects.flatMap(({ id, name, version, known, instances }) =>
    instances.map((instance) => ({
      path: `/${id}/${instance.id}`,
      name,
      version,
      known,
      asWhole: !known || isUnread(instance.resources),
      resources: instance.resources,
    })),
  )
}

/** Server, Security and access control are rarely what somebody came for; the Device object is always there. */
function firstChoice(sections: Section[]): Section | undefined {
  return sections.find(({ path }) => path === '/3/0') ?? sections[0]
}

function isNamed(section: Section, wanted: string): boolean {
  return `${section.path} ${section.name}`.toLowerCase().includes(wanted)
}

function matches(section: Section, resource: ObjectTreeResource, wanted: string): boolean {
  return (
    isNamed(section, wanted) ||
    resource.path.startsWith(wanted) ||
    resource.name.toLowerCase().includes(wanted) ||
    resource.values.some(({ value }) => String(value).toLowerCase().includes(wanted))
  )
}

/**
 * What is shown: the chosen instance, or with a filter everything that matches by path, name or value. An instance of which no resource is
 * known is shown without any. `hidden` counts resources of these that the device does not offer and that are left out.
 */
export function shownOf(
  tree: ObjectTree,
  { filter, chosen, all }: { filter: string; chosen: string | null; all: boolean },
): { path: string; sections: Section[]; hidden: number } {
  const every = sectionsOf(tree)
  const one = every.find(({ path }) => path === chosen) ?? firstChoice(every)
  const wanted = filter.trim().toLowerCase()
  const candidates = wanted === '' ? (one === undefined ? [] : [one]) : every
  let hidden = 0
  const sections = candidates.flatMap((section) => {
    if (section.resources.length === 0) return isNamed(section, wanted) ? [section] : []
    const matching = section.resources.filter(
      (resource) => wanted === '' || matches(section, resource, wanted),
    )
    const offered = matching.filter(({ absent }) => absent?.code !== 'not-offered')
    hidden += matching.length - offered.length
    const resources = all ? matching : offered
    return resources.length === 0 ? [] : [{ ...section, resources }]
  })
  return { path: one?.path ?? '', sections, hidden }
}
