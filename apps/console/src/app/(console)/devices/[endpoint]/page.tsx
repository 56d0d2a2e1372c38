import type { Metadata } from 'next'
import { DeviceScreen } from '@/screens/device/device-screen'

interface Props {
  params: Promise<{ endpoint: string }>
}

export async function generateMetadata({ params }: Props): Promise<Metadata> {
  return { title: decodeURIComponent((await params).endpoint) }
}

export default async function Page({ params }: Props) {
  return <DeviceScreen endpoint={decodeURIComponent((await params).endpoint)} />
}
