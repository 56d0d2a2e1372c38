import type { AudiencePreview, Campaign, Candidate, Device } from '@fieldline/contracts'
import { tokenFor } from '../devices/filter-tokens'

/** One line of "Needs you": what, why it matters in words, and the filtered list it leads to. */
export interface Need {
  key: string
  state: string
  tone: 'failing' | 'attention' | 'pending'
  text: string
  detail?: string
  address: string
}

const mostNames = 20

function list(q: string): string {
  return `/devices?q=${encodeURIComponent(q)}`
}

function plural(count: number, one: string, many = `${one}s`): string {
  return `${count.toLocaleString('en-GB')} ${count === 1 ? one : many}`
}

function presenceCount(preview: AudiencePreview, key: string): number {
  return preview.byPresence.find((row) => row.key === key)?.count ?? 0
}

function withReason(devices: readonly Device[], code: string): Device[] {
  return devices.filter(({ reasons }) => reasons.some((reason) => reason.code === code))
}

/** `7 of them in cell 26201-1F3A`: a common cell explains silence better than any list of meters. */
export function commonCell(devices: readonly Device[]): { cell: string; count: number } | undefined {
  const counts = new Map<string, number>()
  for (const { cell } of devices) if (cell !== undefined) counts.set(cell, (counts.get(cell) ?? 0) + 1)
  const [first] = [...counts].sort((a, b) => b[1] - a[1])
  return first !== undefined && first[1] >= 3 && first[1] * 2 > devices.length
    ? { cell: first[0], count: first[1] }
    : undefined
}

function silentNeeds(preview: AudiencePreview, unwell: readonly Device[]): Need[] {
  const silent = presenceCount(preview, 'silent')
  const late = presenceCount(preview, 'late')
  const needs: Need[] = []
  if (silent > 0) {
    const known = unwell.filter(({ presence }) => presence === 'silent')
    const shared = commonCell(known)
    const detail =
      shared === undefined
        ? undefined
        : `${shared.count} of them in cell ${shared.cell}: look at the network before the meters`
    needs.push({
      key: 'silent',
      state: 'silent',
      tone: 'failing',
      text: `${plural(silent, 'device is', 'devices are')} silent: several expected contacts missed`,
      ...(detail === undefined ? {} : { detail }),
      address: list('status:silent'),
    })
  }
  if (late > 0)
    needs.push({
      key: 'late',
      state: 'late',
      tone: 'attention',
      text: `${plural(late, 'device is', 'devices are')} late: past the expected contact and its grace`,
      address: list('status:late'),
    })
  return needs
}

const reasonNeeds: readonly {
  code: string
  tone: Need['tone']
  state: string
  words: (count: number) => string
  q?: string
}[] = [
  {
    code: 'lapsed',
    tone: 'failing',
    state: 'expired',
    words: (count) => `${plural(count, 'registration has', 'registrations have')} lapsed`,
    q: 'status:expired',
  },
  {
    code: 'name-conflict',
    tone: 'attention',
    state: 'attention',
    words: (count) => `${plural(count, 'name is', 'names are')} claimed from two addresses`,
  },
  {
    code: 'diverged',
    tone: 'attention',
    state: 'attention',
    words: (count) => `${plural(count, 'device reads', 'devices read')} back another value than was written`,
  },
  {
    code: 'battery-low',
    tone: 'attention',
    state: 'attention',
    words: (count) => `${plural(count, 'battery is', 'batteries are')} low`,
    q: 'battery:<15',
  },
]

function byReason(unwell: readonly Device[]): Need[] {
  return reasonNeeds.flatMap(({ code, tone, state, words, q }) => {
    const devices = withReason(unwell, code)
    const first = devices[0]
    if (first === undefined) return []
    const names = devices.slice(0, mostNames).map(({ endpoint }) => tokenFor('endpoint', endpoint))
    // Reasons that the filter language has no word for lead to the devices by name.
    const named = `endpoint:${names.map((token) => token.slice('endpoint:'.length)).join(',')}`
    const detail =
      devices.length === 1 ? first.reasons.find((reason) => reason.code === code)?.text : undefined
    return [
      {
        key: code,
        state,
        tone,
        text: words(devices.length),
        ...(detail === undefined ? {} : { detail: `${first.endpoint}: ${detail}` }),
        address: list(q ?? (devices.length > mostNames ? 'status:attention' : named)),
      },
    ]
  })
}

/** Everything that waits for a person, the gravest first. `unwell` are the devices whose health is not OK, as far as they were read. */
export function needsOf(
  preview: AudiencePreview,
  unwell: readonly Device[],
  campaigns: readonly Campaign[],
  candidates: readonly Candidate[],
): Need[] {
  const paused = campaigns
    .filter(({ state }) => state === 'paused')
    .map(({ id, name, text }): Need => ({
      key: `campaign ${id}`,
      state: 'paused',
      tone: 'attention',
      text: `Campaign “${name}” is paused`,
      detail: text,
      address: `/campaigns/${id}`,
    }))
  const door: Need[] =
    candidates.length === 0
      ? []
      : [
          {
            key: 'candidates',
            state: 'bootstrapping',
            tone: 'pending',
            text: `${plural(candidates.length, 'unknown meter is', 'unknown meters are')} at the door`,
            detail: candidates.length === 1 ? candidates[0]?.endpoint : undefined,
            address: '/devices?tab=candidates',
          },
        ]
  return [...silentNeeds(preview, unwell), ...paused, ...byReason(unwell), ...door]
}

/** `114 devices: 98 healthy, 6 late, …` */
export function fleetInWords(preview: AudiencePreview): string {
  const { total } = preview
  if (total === 0) return 'No device yet'
  const troubled = presenceCount(preview, 'late') + presenceCount(preview, 'silent')
  if (troubled === 0) return `${plural(total, 'device')}, nobody late`
  return `${plural(total, 'device')}, ${troubled.toLocaleString('en-GB')} past the expected contact`
}
