import { QueryCache, QueryClient } from '@tanstack/react-query'
import { ProblemError } from '@fieldline/sdk'
import { isPassing, signInAddress } from './client'

function leaveIfSignedOut(error: unknown): void {
  if (error instanceof ProblemError && error.code === 'unauthenticated')
    window.location.assign(signInAddress())
}

/** The cache of what the API answered. What is passing is tried twice more; what will not change is told at once. */
export function createQueryClient(): QueryClient {
  return new QueryClient({
    queryCache: new QueryCache({ onError: leaveIfSignedOut }),
    defaultOptions: {
      queries: {
        staleTime: 10_000,
        retry: (count, error) => isPassing(error) && count < 2,
        // The console may be on a network without internet: "offline" says nothing about our own API.
        networkMode: 'always',
      },
      mutations: { networkMode: 'always', onError: leaveIfSignedOut },
    },
  })
}
