import { durationInWords } from '@fieldline/contracts'
import { Anchor, Group, Paper, Stack, Text, Title } from '@mantine/core'
import type { DeviceDetail } from '@fieldline/contracts'
import Link from 'next/link'
import { Moment } from '@/parts/moment'
import { glyphOf, Status } from '@/parts/status-glyph'
import { toneColor } from '@/theme'
import { healthWords, registrationWords, statusOf } from '@/words'
import classes from './device.module.css'
import { Fact } from './fact'

function Contact({ device }: { device: DeviceDetail }) {
  const zone = device.site?.timeZone
  return (
    <>
      <Moment at={device.lastContactAt} timeZone={zone} none="never" />
      {device.expectedAt === null ? null : (
        <>
          {device.presence === 'late' || device.presence === 'silent'
            ? ' → was expected '
            : ' → next expected '}
          <Moment at={device.expectedAt} timeZone={zone} as="clock" /> (
          <Moment at={device.expectedAt} timeZone={zone} />)
        </>
      )}
    </>
  )
}

/** The transport's security in a few words: `NoSec`, `DTLS PSK + CID`. */
function securityInWords(security: DeviceDetail['security']): string {
  if (security === null) return 'NoSec'
  return `DTLS ${security.mode.toUpperCase()}${security.cid ? ' + CID' : ''}`
}

function Facts({ device }: { device: DeviceDetail }) {
  const zone = device.site?.timeZone
  const { cadenceSeconds, lifetime, binding, queueMode, lwm2mVersion, address } = device
  return (
    <dl className={classes.facts}>
      <Fact name="Last contact">
        <Contact device={device} />
      </Fact>
      <Fact name="Registration">
        {registrationWords[device.registration].word}
        {device.registrationValidUntil === null ? null : (
          <>
            {', valid until '}
            <Moment at={device.registrationValidUntil} timeZone={zone} as="clock" />
          </>
        )}
        {lifetime === null ? '' : ` (lifetime ${durationInWords(lifetime * 1_000)})`}
      </Fact>
      <Fact name="Usually heard every">
        {cadenceSeconds === undefined ? 'not learned yet' : durationInWords(cadenceSeconds * 1_000)}
      </Fact>
      <Fact name="Binding">
        {binding === null ? '—' : `${binding}${queueMode ? ', Queue Mode' : ''}`}
        {lwm2mVersion === null ? '' : ` · LwM2M ${lwm2mVersion}`}
        {` · ${securityInWords(device.security)}`}
      </Fact>
      <Fact name="Address">
        <span className="mono">{address ?? '—'}</span>
      </Fact>
      {device.cell === undefined ? null : (
        <Fact name="Cell">
          <span className="mono">{device.cell}</span>
        </Fact>
      )}
      {device.iccid === undefined ? null : (
        <Fact name="SIM (ICCID)">
          <span className="mono">{device.iccid}</span>
        </Fact>
      )}
      {device.batteryPercent === undefined ? null : <Fact name="Battery">{device.batteryPercent} %</Fact>}
      {device.signalDbm === undefined ? null : <Fact name="Signal">{device.signalDbm} dBm</Fact>}
      {device.meterSerial === undefined ? null : <Fact name="Meter">{device.meterSerial}</Fact>}
      {device.meteringPoint === undefined ? null : <Fact name="Metering point">{device.meteringPoint}</Fact>}
    </dl>
  )
}

/** Who it is, how it is in words, when it is heard next. */
export function DeviceHeader({ device }: { device: DeviceDetail }) {
  const status = statusOf(device)
  const what = [device.vendor, device.model].filter(Boolean).join(' ')
  const known = [
    what,
    device.firmware && `firmware ${device.firmware}`,
    device.label,
    device.site?.name,
    ...(device.group ?? []),
  ]
  const Warning = glyphOf('attention')
  const tone = healthWords[device.health].tone
  return (
    <Paper p="md" bg="var(--surface)">
      <Stack gap="sm">
        <Group gap="md" align="baseline">
          <Title order={1} className="mono" style={{ overflowWrap: 'anywhere' }}>
            {device.endpoint}
          </Title>
          <span data-testid="device-status">
            <Status {...status} />
          </span>
          <Text size="sm" c="dimmed">
            {known.filter(Boolean).join(' · ')}
          </Text>
          {device.pendingOperations === 0 ? null : (
            <Anchor component={Link} href="?tab=operations" size="sm">
              {device.pendingOperations} {device.pendingOperations === 1 ? 'request' : 'requests'} waiting
            </Anchor>
          )}
        </Group>
        {device.reasons.length === 0 ? null : (
          <ul className={classes.reasons} aria-label="Why">
            {device.reasons.map((reason) => (
              <li key={reason.code} style={{ color: toneColor(device.health === 'ok' ? 'none' : tone) }}>
                <Warning size={14} aria-hidden />
                <span>{reason.text}</span>
                <Text span size="xs" c="dimmed">
                  since <Moment at={reason.since} timeZone={device.site?.timeZone} as="clock" />
                </Text>
              </li>
            ))}
          </ul>
        )}
        <Facts device={device} />
      </Stack>
    </Paper>
  )
}
