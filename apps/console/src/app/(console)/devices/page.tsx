import type { Metadata } from 'next'
import { DevicesScreen } from '@/screens/devices/devices-screen'

export const metadata: Metadata = { title: 'Devices' }

export default function Page() {
  return <DevicesScreen />
}
