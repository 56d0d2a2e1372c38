import type { Metadata } from 'next'
import { NewCampaignScreen } from '@/screens/new-campaign/new-campaign-screen'

export const metadata: Metadata = { title: 'New campaign' }

export default function Page() {
  return <NewCampaignScreen />
}
