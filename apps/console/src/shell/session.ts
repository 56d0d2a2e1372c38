import { ProblemError } from '@fieldline/sdk'

/** better-auth speaks its own small language beside /v1: `{ message }` on failure. */
async function post(path: string, body: unknown): Promise<void> {
  let answer: Response
  try {
    answer = await fetch(path, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    })
  } catch (error) {
    throw new Error('No answer from Fieldline. Is it running?', { cause: error })
  }
  if (answer.ok) return
  const said = (await answer.json().catch(() => ({}))) as { message?: string; detail?: string }
  const detail = said.message ?? said.detail ?? `The answer was HTTP ${answer.status}.`
  const code = answer.status === 401 || answer.status === 403 ? 'unauthenticated' : 'unavailable'
  throw new ProblemError(answer.status, { code, title: 'Not signed in', detail })
}

export function signIn(email: string, password: string): Promise<void> {
  return post('/api/auth/sign-in/email', { email, password })
}

export function signOut(): Promise<void> {
  return post('/api/auth/sign-out', {})
}

/** Where to go after signing in: only a path of our own, never an address somebody put into a link. */
export function safeNext(next: string | null): string {
  if (next === null || !next.startsWith('/') || next.startsWith('//') || next.includes('\\')) return '/'
  // Browsers drop tabs and line ends inside an address: "/\t/evil" would become "//evil".
  return [...next].some((character) => character < ' ') ? '/' : next
}
