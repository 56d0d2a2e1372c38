'use client'

import type {
  Campaign,
  Device,
  DeviceDetail,
  List,
  LiveEvent,
  ObjectTree,
  Operation,
  Task,
} from '@fieldline/contracts'
import { openLive, type LiveState } from '@fieldline/sdk'
import { useQueryClient, type QueryClient } from '@tanstack/react-query'
import { createContext, useContext, useEffect, useMemo, useRef, useState, type ReactNode } from 'react'
import { keys } from './keys'
import { unionOf, type Topic } from './live-topics'
import {
  lacksRow,
  patchCampaign,
  patchDevice,
  patchOperation,
  patchTask,
  patchTree,
  type Pages,
} from './patch'

function patchPages<T>(
  cache: QueryClient,
  key: readonly unknown[],
  patch: (all: Pages<T>) => Pages<T>,
): void {
  cache.setQueriesData<Pages<T>>({ queryKey: key }, (all) => (all === undefined ? all : patch(all)))
}

function isAnsweredRead({ kind, state }: Operation): boolean {
  return (kind === 'read' || kind === 'observe') && (state === 'succeeded' || state === 'failed')
}

/** Puts one event into everything that shows its thing. */
function apply(cache: QueryClient, { event, data }: LiveEvent): void {
  switch (event) {
    case 'device':
      patchPages<Device>(cache, keys.allDevices, (all) => patchDevice(all, data))
      cache.setQueryData<DeviceDetail>(keys.device(data.endpoint), (known) => known && { ...known, ...data })
      // An event has not all that the page of a device shows: its security and its registration are read again.
      void cache.invalidateQueries({ queryKey: keys.device(data.endpoint) })
      break
    case 'values': {
      const key = keys.objects(data.endpoint)
      const tree = cache.getQueryData<ObjectTree>(key)
      if (tree === undefined) break
      cache.setQueryData<ObjectTree>(key, patchTree(tree, data.values))
      // What a resource is called and allows is not in the event: its row is read.
      if (lacksRow(tree, data.values)) void cache.invalidateQueries({ queryKey: key })
      break
    }
    case 'operation':
      patchPages<Operation>(cache, keys.operations(data.endpoint), (all) => patchOperation(all, data))
      // Why there is no value is said by the tree, and neither a refusal nor an answer without it brings one that could be put into it.
      if (isAnsweredRead(data)) void cache.invalidateQueries({ queryKey: keys.objects(data.endpoint) })
      break
    case 'campaign':
      // Its devices are drawn, offered or skipped in bulk at a change of state: the list is read again once instead of patched row by row.
      if (cache.getQueryData<Campaign>(keys.campaign(data.id))?.state !== data.state)
        void cache.invalidateQueries({ queryKey: keys.allTasks(data.id) })
      cache.setQueryData<Campaign>(keys.campaign(data.id), data)
      cache.setQueryData<List<Campaign>>(keys.campaigns, (all) => all && patchCampaign(all, data))
      break
    case 'task':
      patchPages<Task>(cache, keys.allTasks(data.campaignId), (all) => patchTask(all, data.task))
      break
  }
}

interface Live {
  state: LiveState
  /** When changes stopped coming (ms), while they do. */
  lostAt: number | undefined
  follow(topic: Topic): () => void
}

const LiveContext = createContext<Live | undefined>(undefined)
const settleMs = 400

/** Holds the one stream of this tab and opens it anew when the screens want to hear something else. */
export function LiveProvider({ children }: { children: ReactNode }) {
  const cache = useQueryClient()
  const topics = useRef(new Set<Topic>())
  const settle = useRef<() => void>(undefined)
  const [state, setState] = useState<LiveState>('connecting')
  const [lostAt, setLostAt] = useState<number>()

  useEffect(() => {
    let current: { close(): void } | undefined
    let address = ''
    let timer: ReturnType<typeof setTimeout> | undefined
    let wasLost = false
    const open = () => {
      const wanted = unionOf(topics.current)
      const text = JSON.stringify(wanted)
      if (text === address) return
      address = text
      const before = current
      current = openLive({
        baseUrl: '',
        ...wanted,
        onEvent: (event) => apply(cache, event),
        onState: (next) => {
          // A stream for other topics is no interruption of what is shown.
          if (next === 'connecting' && before !== undefined) return
          setState(next)
          setLostAt((known) => (next === 'lost' ? (known ?? Date.now()) : undefined))
          if (next === 'lost') wasLost = true
          else if (next === 'open' && wasLost) {
            wasLost = false
            void cache.invalidateQueries()
          }
        },
      })
      before?.close()
    }
    settle.current = () => {
      clearTimeout(timer)
      timer = setTimeout(open, settleMs)
    }
    settle.current()
    return () => {
      clearTimeout(timer)
      current?.close()
    }
  }, [cache])

  const live = useMemo<Live>(
    () => ({
      state,
      lostAt,
      follow(topic) {
        topics.current.add(topic)
        settle.current?.()
        return () => {
          topics.current.delete(topic)
          settle.current?.()
        }
      },
    }),
    [state, lostAt],
  )
  return <LiveContext value={live}>{children}</LiveContext>
}

export function useLive(): Live {
  const live = useContext(LiveContext)
  if (live === undefined) throw new Error('useLive is used outside of LiveProvider')
  return live
}

/** Follows devices and a campaign while the calling screen is shown. */
export function useFollow(endpoints: readonly string[], campaign?: string): void {
  const { follow } = useLive()
  const followRef = useRef(follow)
  followRef.current = follow
  const text = JSON.stringify(endpoints)
  useEffect(() => {
    const topic: Topic = { endpoints: JSON.parse(text) as string[], ...(campaign ? { campaign } : {}) }
    return followRef.current(topic)
  }, [text, campaign])
}
