import { headers } from 'next/headers'
import { redirect } from 'next/navigation'
import type { ReactNode } from 'react'
import { readSession } from '@/forwarding/session'
import { ConsoleShell } from '@/shell/console-shell'

export default async function ConsoleLayout({ children }: { children: ReactNode }) {
  const asked = await headers()
  const session = await readSession(asked.get('cookie'))
  if (session === 'signed-out')
    redirect(`/sign-in?next=${encodeURIComponent(asked.get('x-console-path') ?? '/')}`)
  // While the API is away the screens say so themselves.
  return <ConsoleShell user={session === 'unknown' ? 'Signed in' : session.email}>{children}</ConsoleShell>
}
