import { useLocalStorage } from '@mantine/hooks'
import { useRouter } from 'next/navigation'
import { useEffect, useRef } from 'react'
import { screens } from './screens'
import { filterFieldAttribute } from './shortcuts'

/** Single keys belong to whoever is typing, and to an open layer. */
export function isFree(event: KeyboardEvent): boolean {
  if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return false
  const target = event.target
  if (!(target instanceof HTMLElement)) return true
  if (target.isContentEditable || target.closest('input, textarea, select, [role="dialog"]') !== null)
    return false
  return document.querySelector('[role="dialog"][aria-modal="true"]') === null
}

export function useSingleKeys(): [boolean, (on: boolean) => void] {
  const [on, setOn] = useLocalStorage({ key: 'fieldline.single-keys', defaultValue: true })
  return [on, setOn]
}

const sequenceMs = 1_200

/** `g` and a letter goes to a screen, `/` to the filter, `?` opens the sheet. */
export function useShortcuts(enabled: boolean, openSheet: () => void): void {
  const router = useRouter()
  const goSince = useRef(0)
  useEffect(() => {
    if (!enabled) return
    const onKey = (event: KeyboardEvent) => {
      if (!isFree(event)) return
      const going = event.timeStamp - goSince.current < sequenceMs && goSince.current > 0
      goSince.current = 0
      if (going) {
        const screen = screens.find(({ key }) => key === event.key)
        if (screen !== undefined) {
          event.preventDefault()
          router.push(screen.address)
          return
        }
      }
      if (event.key === 'g') goSince.current = event.timeStamp
      else if (event.key === '?') openSheet()
      else if (event.key === '/') {
        const field = document.querySelector<HTMLElement>(`[${filterFieldAttribute}]`)
        if (field === null) return
        event.preventDefault()
        field.focus()
      }
    }
    window.addEventListener('keydown', onKey)
    return () => window.removeEventListener('keydown', onKey)
  }, [enabled, openSheet, router])
}
