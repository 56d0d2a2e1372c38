import { NextResponse, type NextRequest } from 'next/server'
import { contentSecurityPolicy } from './forwarding/content-security-policy'

/** Runs before every page: a fresh nonce for its scripts, and the policy that lets nothing from another origin in. */
export function proxy(request: NextRequest): NextResponse {
  const nonce = Buffer.from(crypto.getRandomValues(new Uint8Array(16))).toString('base64')
  const policy = contentSecurityPolicy(nonce, process.env.NODE_ENV === 'development')
  const headers = new Headers(request.headers)
  headers.set('x-nonce', nonce)
  headers.set('x-console-path', `${request.nextUrl.pathname}${request.nextUrl.search}`)
  // Next reads the nonce for its own scripts from this header of the request.
  headers.set('content-security-policy', policy)
  const response = NextResponse.next({ request: { headers } })
  response.headers.set('content-security-policy', policy)
  return response
}

export const config = {
  // The forwarded API brings its own headers, and its bodies must not pass through here.
  matcher: ['/((?!v1/|api/|_next/static|_next/image|icon.svg).*)'],
}
