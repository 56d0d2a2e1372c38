import type { Metadata } from 'next'
import { CampaignsScreen } from '@/screens/campaigns/campaigns-screen'

export const metadata: Metadata = { title: 'Campaigns' }

export default function Page() {
  return <CampaignsScreen />
}
