'use client'

import type { Device } from '@fieldline/contracts'
import { useVirtualizer } from '@tanstack/react-virtual'
import { useRouter } from 'next/navigation'
import { useEffect, useRef, useState } from 'react'
import { useFollow } from '@/data/live'
import { deviceAddress } from '@/shell/screens'
import { isFree, useSingleKeys } from '@/shell/use-shortcuts'
import { columns, DeviceRow } from './device-row'
import classes from './devices.module.css'

interface Props {
  devices: Device[]
  /** How many there are in all, where that is known. */
  total: number | undefined
  hasMore: boolean
  loadMore: () => void
}

const rowHeight = 44
const ahead = 12

/** A real table of which only the rows in view are in the document; row numbers tell assistive software where it stands. */
export function DeviceTable({ devices, total, hasMore, loadMore }: Props) {
  const router = useRouter()
  const scroll = useRef<HTMLDivElement>(null)
  const [active, setActive] = useState(-1)
  const [singleKeys] = useSingleKeys()
  const rows = useVirtualizer({
    count: devices.length,
    getScrollElement: () => scroll.current,
    estimateSize: () => rowHeight,
    overscan: ahead,
  })
  const shown = rows.getVirtualItems()
  const last = shown.at(-1)?.index ?? 0
  useFollow(shown.map(({ index }) => devices[index]?.endpoint).filter((name) => name !== undefined))

  useEffect(() => {
    if (hasMore && last >= devices.length - ahead) loadMore()
  }, [last, devices.length, hasMore, loadMore])

  useEffect(() => {
    if (!singleKeys) return
    const onKey = (event: KeyboardEvent) => {
      if (!isFree(event)) return
      const step = { j: 1, k: -1 }[event.key]
      if (step !== undefined) {
        const next = Math.min(Math.max(active + step, 0), devices.length - 1)
        setActive(next)
        rows.scrollToIndex(next)
        requestAnimationFrame(() =>
          scroll.current?.querySelector<HTMLElement>(`[data-row="${next}"]`)?.focus({ preventScroll: true }),
        )
      } else if (event.key === 'Enter' && event.target === document.body) {
        const device = devices[active]
        if (device !== undefined) router.push(deviceAddress(device.endpoint))
      }
    }
    window.addEventListener('keydown', onKey)
    return () => window.removeEventListener('keydown', onKey)
  }, [active, devices, rows, router, singleKeys])

  const above = shown[0]?.start ?? 0
  const below = rows.getTotalSize() - (shown.at(-1)?.end ?? 0)
  return (
    <div ref={scroll} className={classes.scroll} role="region" aria-label="List of devices" tabIndex={0}>
      <table
        className={classes.table}
        aria-label="Devices"
        aria-rowcount={total === undefined ? -1 : total + 1}
      >
        <colgroup>
          {columns.map(({ title, width }) => (
            <col key={title} style={width === undefined ? undefined : { width }} />
          ))}
        </colgroup>
        <thead>
          <tr aria-rowindex={1}>
            {columns.map(({ title, number }) => (
              <th key={title} scope="col" className={number ? classes.number : undefined}>
                {title}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {above > 0 ? (
            <tr className={classes.spacer} aria-hidden>
              <td colSpan={columns.length} style={{ height: above }} />
            </tr>
          ) : null}
          {shown.map(({ index }) => {
            const device = devices[index]
            return device === undefined ? null : (
              <DeviceRow key={device.endpoint} device={device} index={index} active={index === active} />
            )
          })}
          {below > 0 ? (
            <tr className={classes.spacer} aria-hidden>
              <td colSpan={columns.length} style={{ height: below }} />
            </tr>
          ) : null}
        </tbody>
      </table>
    </div>
  )
}
