import type { Metadata } from 'next'
import { CampaignScreen } from '@/screens/campaign/campaign-screen'

export const metadata: Metadata = { title: 'Campaign' }

export default async function Page({ params }: { params: Promise<{ id: string }> }) {
  return <CampaignScreen id={(await params).id} />
}
