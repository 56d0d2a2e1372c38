import { apiUrl } from './forward'

/** Who is signed in, or that nobody is, or that the API does not say. */
export async function readSession(
  cookie: string | null,
): Promise<{ email: string } | 'signed-out' | 'unknown'> {
  if (cookie === null) return 'signed-out'
  try {
    const answer = await fetch(`${apiUrl()}/api/auth/get-session`, {
      headers: { cookie, accept: 'application/json' },
      cache: 'no-store',
      signal: AbortSignal.timeout(5_000),
    })
    if (answer.status === 401) return 'signed-out'
    if (!answer.ok) return 'unknown'
    const body = (await answer.json()) as { user?: { email?: string } } | null
    return body?.user === undefined ? 'signed-out' : { email: body.user.email ?? 'Signed in' }
  } catch (error) {
    if (error instanceof TypeError || error instanceof DOMException || error instanceof SyntaxError)
      return 'unknown'
    throw error
  }
}
