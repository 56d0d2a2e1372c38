import { Anchor } from '@mantine/core'
import type { Device } from '@fieldline/contracts'
import Link from 'next/link'
import { memo } from 'react'
import { Moment } from '@/parts/moment'
import { Status } from '@/parts/status-glyph'
import { deviceAddress } from '@/shell/screens'
import { toneColor } from '@/theme'
import { healthWords, statusOf } from '@/words'
import classes from './devices.module.css'

interface Column {
  title: string
  width?: number
  number?: true
}

export const columns: readonly Column[] = [
  { title: 'Status', width: 178 },
  { title: 'Device', width: 244 },
  { title: 'Vendor, model', width: 108 },
  { title: 'Firmware', width: 74 },
  { title: 'Last → next', width: 104 },
  { title: 'Signal', width: 82, number: true },
  { title: 'Battery', width: 68, number: true },
  { title: 'Why' },
]

function Reasons({ device }: { device: Device }) {
  const [first, ...others] = device.reasons
  const waiting = device.pendingOperations
  if (first === undefined && waiting === 0) return null
  const all = device.reasons.map(({ text }) => text).join('\n')
  return (
    <span title={all} className={classes.reasons}>
      {first === undefined ? null : (
        <span style={{ color: toneColor(device.health === 'ok' ? 'none' : healthWords[device.health].tone) }}>
          {first.text}
          {others.length === 0 ? '' : ` (+${others.length})`}
        </span>
      )}
      {waiting === 0 ? null : (
        <span className={classes.waiting}>
          {first === undefined ? '' : ' · '}
          {waiting} {waiting === 1 ? 'request' : 'requests'} waiting
        </span>
      )}
    </span>
  )
}

interface Props {
  device: Device
  index: number
  active: boolean
}

/** One device as a row. It is drawn again only when its device changed: live events touch a few rows of many. */
export const DeviceRow = memo(function DeviceRow({ device, index, active }: Props) {
  const { label, site, vendor, model, firmware, signalDbm, batteryPercent } = device
  const second = [label, site?.name].filter(Boolean).join(' · ')
  const overdue = device.presence === 'late' || device.presence === 'silent'
  return (
    <tr className={classes.row} aria-rowindex={index + 2} data-active={active || undefined}>
      <td>
        <Status {...statusOf(device)} />
      </td>
      <td>
        <Anchor
          component={Link}
          href={deviceAddress(device.endpoint)}
          className={`mono ${classes.clip}`}
          data-row={index}
          title={device.endpoint}
          prefetch={false}
        >
          {device.endpoint}
        </Anchor>
        {second === '' ? null : <span className={`${classes.clip} ${classes.second}`}>{second}</span>}
      </td>
      <td title={[vendor, model].filter(Boolean).join(' ')}>
        <span className={classes.clip}>{vendor ?? '—'}</span>
        {model === undefined ? null : <span className={`${classes.clip} ${classes.second}`}>{model}</span>}
      </td>
      <td className={classes.clipCell}>{firmware ?? '—'}</td>
      <td>
        <span className={classes.clip}>
          <Moment at={device.lastContactAt} timeZone={site?.timeZone} none="never" />
        </span>
        {device.expectedAt === null ? null : (
          <span className={`${classes.clip} ${classes.second}`}>
            {overdue ? 'due ' : '→ '}
            <Moment at={device.expectedAt} timeZone={site?.timeZone} as={overdue ? 'clock' : 'relative'} />
          </span>
        )}
      </td>
      <td className={classes.number}>{signalDbm === undefined ? '—' : `${Math.round(signalDbm)} dBm`}</td>
      <td className={classes.number}>
        {batteryPercent === undefined ? '—' : `${Math.round(batteryPercent)} %`}
      </td>
      <td>
        <Reasons device={device} />
      </td>
    </tr>
  )
})
