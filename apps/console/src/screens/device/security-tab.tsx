import { Button, Group, Stack, Text } from '@mantine/core'
import type { DeviceDetail, DeviceSecurity } from '@fieldline/contracts'
import { useState } from 'react'
import { Moment } from '@/parts/moment'
import { toneColor } from '@/theme'
import classes from './device.module.css'
import { Fact } from './fact'
import { KeyDialog } from './key-dialog'

/** The Connection ID, and what it does for the device. */
function ConnectionId({ cid }: { cid: string | null }) {
  if (cid === null) return 'no handshake yet'
  if (cid === '') return 'none: after a change of address it has to shake hands again'
  return (
    <>
      <span className="mono">{cid}</span>: a change of address needs no handshake
    </>
  )
}

function Failure({ failure, zone }: { failure: DeviceSecurity['failure']; zone: string | undefined }) {
  if (failure === null) return null
  return (
    <Text size="sm" style={{ color: toneColor('attention') }}>
      The latest failed handshake, <Moment at={failure.at} timeZone={zone} />: {failure.text}
    </Text>
  )
}

function Facts({ security, zone }: { security: DeviceSecurity; zone: string | undefined }) {
  const { identity, suite, cid, handshakes, resumptions, migrations, handshakeAt } = security
  return (
    <dl className={classes.facts}>
      <Fact name="Proof">Pre-shared key</Fact>
      <Fact name="PSK identity">
        <span className="mono">{identity}</span>
      </Fact>
      <Fact name="Cipher suite">
        <span className="mono">{suite ?? 'no handshake yet'}</span>
      </Fact>
      <Fact name="Connection ID">
        <ConnectionId cid={cid} />
      </Fact>
      <Fact name="Handshakes">
        {handshakes}
        {resumptions > 0 ? `, ${resumptions} of them resumed` : ''}
        {handshakeAt === null ? null : (
          <>
            , the latest <Moment at={handshakeAt} timeZone={zone} />
          </>
        )}
      </Fact>
      <Fact name="Changes of address">
        {migrations === 0 ? 'none yet' : `${migrations}, without a handshake`}
      </Fact>
    </dl>
  )
}

/** How the device proves who it is, what its handshakes came to, and its key to be set; a key that was set is never shown. */
export function SecurityTab({ device }: { device: DeviceDetail }) {
  const [asked, setAsked] = useState<'set' | 'remove'>()
  const { security, endpoint } = device
  const zone = device.site?.timeZone
  return (
    <Stack gap="md" p="md">
      {security === null ? (
        <Text size="sm" maw={720}>
          This device speaks without security (NoSec): who can write to its network can read what it says and
          speak in its name. Give it the key that it was made with, and it has to come by DTLS from then on.
        </Text>
      ) : (
        <>
          <Facts security={security} zone={zone} />
          <Failure failure={security.failure} zone={zone} />
        </>
      )}
      <Group gap="xs">
        <Button variant="default" onClick={() => setAsked('set')}>
          {security === null ? 'Set a key…' : 'Replace the key…'}
        </Button>
        {security === null ? null : (
          <Button variant="subtle" color="red" onClick={() => setAsked('remove')}>
            Remove the key…
          </Button>
        )}
      </Group>
      <KeyDialog
        endpoint={endpoint}
        asked={asked}
        hasKey={security !== null}
        isRegistered={device.registration === 'registered'}
        close={() => setAsked(undefined)}
      />
    </Stack>
  )
}
