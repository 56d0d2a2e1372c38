import { createClient, ProblemError } from '@fieldline/sdk'

/** The API as this browser sees it: same origin, session cookie. */
export const client = createClient({ baseUrl: '' })

/** Whether trying again can help: nothing answered, or Fieldline itself failed. */
export function isPassing(error: unknown): boolean {
  return error instanceof ProblemError && (error.status === 0 || error.status >= 500 || error.status === 429)
}

/** What an error says to a person. */
export function errorInWords(error: unknown): string {
  if (error instanceof ProblemError) return error.detail
  return error instanceof Error ? error.message : String(error)
}

/** The sign-in page, which leads back here afterwards. */
export function signInAddress(): string {
  return `/sign-in?next=${encodeURIComponent(`${window.location.pathname}${window.location.search}`)}`
}
