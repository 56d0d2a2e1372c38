import type { TaskState, TimelineKind } from '@fieldline/contracts'
import { keepPreviousData, useInfiniteQuery, useQuery, type UseQueryResult } from '@tanstack/react-query'
import { client } from './client'
import { keys } from './keys'
import { readValueRange, type ValueRange } from './value-range'

const nextPage = (page: { nextCursor: string | null }) => page.nextCursor ?? undefined
const first: string | undefined = undefined

export function useHealth() {
  return useQuery({
    queryKey: keys.health,
    queryFn: ({ signal }) => client.call('health', { signal }),
    refetchInterval: 30_000,
  })
}

export function useDevices(q: string) {
  return useInfiniteQuery({
    queryKey: keys.devices(q),
    queryFn: ({ pageParam, signal }) =>
      client.call('listDevices', {
        query: { q: q === '' ? undefined : q, limit: 100, cursor: pageParam },
        signal,
      }),
    initialPageParam: first,
    getNextPageParam: nextPage,
    placeholderData: keepPreviousData,
  })
}

export function useDevice(endpoint: string) {
  return useQuery({
    queryKey: keys.device(endpoint),
    queryFn: ({ signal }) => client.call('getDevice', { params: { endpoint }, signal }),
    refetchInterval: 60_000,
  })
}

export function useObjects(endpoint: string) {
  return useQuery({
    queryKey: keys.objects(endpoint),
    queryFn: ({ signal }) => client.call('getObjects', { params: { endpoint }, signal }),
    refetchInterval: 60_000,
  })
}

export function useOperations(endpoint: string) {
  return useInfiniteQuery({
    queryKey: keys.operations(endpoint),
    queryFn: ({ pageParam, signal }) =>
      client.call('listOperations', {
        params: { endpoint },
        query: { limit: 100, cursor: pageParam },
        signal,
      }),
    initialPageParam: first,
    getNextPageParam: nextPage,
    // Only while something is under way: live events tell the rest.
    refetchInterval: (query) =>
      query.state.data?.pages[0]?.items.some(({ state }) => state === 'queued' || state === 'sent')
        ? 10_000
        : false,
  })
}

export function useTimeline(endpoint: string, kind: TimelineKind | undefined) {
  return useInfiniteQuery({
    queryKey: keys.timeline(endpoint, kind ?? ''),
    queryFn: ({ pageParam, signal }) =>
      client.call('listTimeline', {
        params: { endpoint },
        query: { kind, limit: 50, cursor: pageParam },
        signal,
      }),
    initialPageParam: first,
    getNextPageParam: nextPage,
    refetchInterval: 30_000,
    placeholderData: keepPreviousData,
  })
}

/** History of one path over the last `days`. */
export function useValues(
  endpoint: string,
  path: string | undefined,
  days: number,
): UseQueryResult<ValueRange> {
  return useQuery({
    queryKey: keys.values(endpoint, path ?? '', days),
    enabled: path !== undefined,
    refetchInterval: 60_000,
    queryFn: ({ signal }) =>
      readValueRange(Date.now() - days * 86_400_000, (query) =>
        client.call('listValues', { params: { endpoint }, query: { path, ...query }, signal }),
      ),
  })
}

export function useCandidates() {
  return useQuery({
    queryKey: keys.candidates,
    queryFn: ({ signal }) => client.call('listCandidates', { query: { limit: 200 }, signal }),
    refetchInterval: 20_000,
  })
}

/** Who an audience selects. `refresh` in ms keeps the numbers current. */
export function usePreview(
  audience: string,
  options: { paths?: string[]; enabled?: boolean; refresh?: number } = {},
) {
  const { paths, enabled = true, refresh } = options
  return useQuery({
    queryKey: keys.preview(audience, paths),
    queryFn: ({ signal }) => client.call('previewAudience', { body: { audience, paths }, signal }),
    enabled: enabled && audience !== '',
    refetchInterval: refresh ?? false,
    placeholderData: keepPreviousData,
  })
}

export function useCampaigns() {
  return useQuery({
    queryKey: keys.campaigns,
    queryFn: ({ signal }) => client.call('listCampaigns', { query: { limit: 200 }, signal }),
    refetchInterval: 30_000,
  })
}

export function useCampaign(id: string) {
  return useQuery({
    queryKey: keys.campaign(id),
    queryFn: ({ signal }) => client.call('getCampaign', { params: { id }, signal }),
    refetchInterval: 30_000,
  })
}

export function useTasks(id: string, state: TaskState | undefined) {
  return useInfiniteQuery({
    queryKey: keys.tasks(id, state ?? ''),
    queryFn: ({ pageParam, signal }) =>
      client.call('listTasks', { params: { id }, query: { state, limit: 100, cursor: pageParam }, signal }),
    initialPageParam: first,
    getNextPageParam: nextPage,
    refetchInterval: 15_000,
    placeholderData: keepPreviousData,
  })
}
