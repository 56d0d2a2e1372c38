import type { Metadata } from 'next'
import { DeviceScreen } from '@/screens/device/device-screen'

export const metadata: Metadata = { title: 'Device' }

export default function Page() {
  return <DeviceScreen />
}
