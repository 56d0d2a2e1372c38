'use client'

import { Broken } from '@/parts/states'

export default function ScreenError({ error, reset }: { error: Error; reset: () => void }) {
  return <Broken error={error} retry={reset} />
}
