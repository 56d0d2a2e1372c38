import type { Campaign, Device, List, ObjectTree, Operation, Task, Value } from '@fieldline/contracts'

/** Pages of a list as the query cache holds them. */
export interface Pages<T> {
  pages: List<T>[]
  pageParams: unknown[]
}

/** The same pages with `item` in the place of what `same` recognises. Order never changes; the same object comes back if nothing did. */
function replaceInPages<T>(all: Pages<T>, item: T, same: (other: T) => boolean): Pages<T> {
  let changed = false
  const pages = all.pages.map((page) => {
    const at = page.items.findIndex(same)
    if (at < 0) return page
    changed = true
    return { ...page, items: page.items.with(at, item) }
  })
  return changed ? { ...all, pages } : all
}

export function patchDevice(all: Pages<Device>, device: Device): Pages<Device> {
  return replaceInPages(all, device, (other) => other.endpoint === device.endpoint)
}

export function patchTask(all: Pages<Task>, task: Task): Pages<Task> {
  return replaceInPages(all, task, (other) => other.deviceId === task.deviceId)
}

/** Operations are newest first: one that is new goes to the front of the first page. */
export function patchOperation(all: Pages<Operation>, operation: Operation): Pages<Operation> {
  const patched = replaceInPages(all, operation, (other) => other.id === operation.id)
  const first = all.pages[0]
  if (patched !== all || first === undefined) return patched
  return { ...all, pages: [{ ...first, items: [operation, ...first.items] }, ...all.pages.slice(1)] }
}

export function patchCampaign(all: List<Campaign>, campaign: Campaign): List<Campaign> {
  const at = all.items.findIndex((other) => other.id === campaign.id)
  return { ...all, items: at < 0 ? [campaign, ...all.items] : all.items.with(at, campaign) }
}

function isOf(resourcePath: string, path: string): boolean {
  return path === resourcePath || path.startsWith(`${resourcePath}/`)
}

function newer(known: Value | undefined, value: Value): boolean {
  // A report sent late must not cover a newer one.
  return known === undefined || Date.parse(value.time) >= Date.parse(known.time)
}

/** Whether a value has no row in the tree: it is of an object without a definition, or the first of its instance. */
export function lacksRow(tree: ObjectTree, values: readonly Value[]): boolean {
  const rows = tree.objects.flatMap(({ instances }) => instances.flatMap(({ resources }) => resources))
  return values.some(({ path }) => !rows.some((row) => isOf(row.path, path)))
}

/** The tree with newer values in place. Values of resources that the tree does not show are dropped. */
export function patchTree(tree: ObjectTree, values: readonly Value[]): ObjectTree {
  const objects = tree.objects.map((object) => {
    if (!values.some((value) => isOf(`/${object.id}`, value.path))) return object
    const instances = object.instances.map((instance) => ({
      ...instance,
      resources: instance.resources.map((resource) => {
        let all = resource.values
        for (const value of values) {
          if (!isOf(resource.path, value.path)) continue
          const at = all.findIndex((known) => known.path === value.path)
          if (!newer(all[at], value)) continue
          all = at < 0 ? [...all, value] : all.with(at, value)
        }
        return all === resource.values ? resource : { ...resource, values: all, absent: undefined }
      }),
    }))
    return { ...object, instances }
  })
  return { ...tree, objects }
}
