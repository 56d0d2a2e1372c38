import type { LiveEventName } from '@fieldline/contracts'
import type { LiveTopics } from '@fieldline/sdk'

/** What one screen wants to hear. Campaigns are always heard. */
export interface Topic {
  endpoints?: readonly string[]
  campaign?: string
}

/** The address of a stream must fit into a request line: further endpoints wait for the next reading of the list. */
const longestEndpoints = 6_000
const mostEndpoints = 200

/** One stream for all screens: the union of what they want. Without a device, no event of any device is asked for. */
export function unionOf(topics: Iterable<Topic>): LiveTopics {
  const endpoints = new Set<string>()
  let campaign: string | undefined
  let length = 0
  for (const topic of topics) {
    campaign = topic.campaign ?? campaign
    for (const endpoint of topic.endpoints ?? []) {
      if (endpoints.has(endpoint) || endpoints.size >= mostEndpoints) continue
      length += encodeURIComponent(endpoint).length + 10
      if (length > longestEndpoints) continue
      endpoints.add(endpoint)
    }
  }
  const events: LiveEventName[] = ['campaign']
  if (endpoints.size > 0) events.push('device', 'values', 'operation')
  if (campaign !== undefined) events.push('task')
  return {
    events,
    ...(endpoints.size > 0 ? { endpoints: [...endpoints].sort() } : {}),
    ...(campaign === undefined ? {} : { campaign }),
  }
}
