import { ColorSchemeScript, mantineHtmlProps } from '@mantine/core'
import type { Metadata } from 'next'
import { headers } from 'next/headers'
import type { ReactNode } from 'react'
import { Providers } from '@/shell/providers'
import './styles'

export const metadata: Metadata = {
  title: { default: 'Fieldline', template: '%s · Fieldline' },
  robots: { index: false },
}

export default async function RootLayout({ children }: { children: ReactNode }) {
  // Reading the nonce also makes every page rendered per request, which a nonce needs.
  const nonce = (await headers()).get('x-nonce') ?? undefined
  return (
    <html lang="en" {...mantineHtmlProps}>
      <head>
        <ColorSchemeScript nonce={nonce} defaultColorScheme="auto" />
      </head>
      <body>
        <Providers>{children}</Providers>
      </body>
    </html>
  )
}
