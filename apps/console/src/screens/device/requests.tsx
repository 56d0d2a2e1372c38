'use client'

import type { CreateOperation, Operation } from '@fieldline/contracts'
import { ProblemError } from '@fieldline/sdk'
import { useQueryClient } from '@tanstack/react-query'
import { createContext, useCallback, useContext, useMemo, useState, type ReactNode } from 'react'
import { client } from '@/data/client'
import { keys } from '@/data/keys'
import { patchOperation, type Pages } from '@/data/patch'
import { useOperations } from '@/data/queries'
import { ConfirmDialog } from './confirm-dialog'

/** One button of one resource. */
export function requestKey(kind: string, path: string): string {
  return `${kind} ${path}`
}

/** The newest operation of each button. `operations` are newest first. */
function latestOf(operations: readonly Operation[]): Map<string, Operation> {
  const latest = new Map<string, Operation>()
  for (const operation of operations) {
    const key = requestKey(operation.kind, operation.path)
    if (!latest.has(key)) latest.set(key, operation)
  }
  return latest
}

interface Requests {
  /** Asks the API; gives the refusal, or nothing when it was taken or a confirmation is being asked for. */
  send: (request: CreateOperation) => Promise<ProblemError | undefined>
  latest: Map<string, Operation>
  /** What the API refused, by button, until the button is used again. */
  refusals: Readonly<Record<string, ProblemError>>
  sending: ReadonlySet<string>
}

const RequestsContext = createContext<Requests | undefined>(undefined)

export function useRequests(): Requests {
  const requests = useContext(RequestsContext)
  if (requests === undefined) throw new Error('useRequests is used outside of RequestsProvider')
  return requests
}

/** Sends requests of one device, remembers what was refused, and asks for a confirmation where the API wants one. */
export function RequestsProvider({ endpoint, children }: { endpoint: string; children: ReactNode }) {
  const cache = useQueryClient()
  const operations = useOperations(endpoint)
  const [refusals, setRefusals] = useState<Record<string, ProblemError>>({})
  const [sending, setSending] = useState<ReadonlySet<string>>(new Set())
  const [confirming, setConfirming] = useState<{ request: CreateOperation; reason: string }>()

  const send = useCallback(
    async (request: CreateOperation): Promise<ProblemError | undefined> => {
      const key = requestKey(request.kind, request.path)
      setSending((all) => new Set(all).add(key))
      setRefusals(({ [key]: _gone, ...others }) => others)
      try {
        const operation = await client.call('createOperation', { params: { endpoint }, body: request })
        cache.setQueryData<Pages<Operation>>(
          keys.operations(endpoint),
          (all) => all && patchOperation(all, operation),
        )
        void cache.invalidateQueries({ queryKey: keys.operations(endpoint) })
        return undefined
      } catch (error) {
        if (!(error instanceof ProblemError)) throw error
        if (error.code === 'confirmation-required' && request.confirm === undefined) {
          setConfirming({ request, reason: error.detail })
          return undefined
        }
        setRefusals((all) => ({ ...all, [key]: error }))
        return error
      } finally {
        setSending((all) => new Set([...all].filter((other) => other !== key)))
      }
    },
    [cache, endpoint],
  )

  const pages = operations.data?.pages
  const requests = useMemo<Requests>(
    () => ({ send, refusals, sending, latest: latestOf(pages?.flatMap((page) => page.items) ?? []) }),
    [send, refusals, sending, pages],
  )
  return (
    <RequestsContext value={requests}>
      {children}
      <ConfirmDialog
        endpoint={endpoint}
        asked={confirming}
        close={() => setConfirming(undefined)}
        confirm={async (request) => {
          const refused = await send({ ...request, confirm: endpoint })
          setConfirming(undefined)
          return refused
        }}
      />
    </RequestsContext>
  )
}
