/** 定位: find a parcel by 宗地代码 (19 characters), 本系统地块码 or the number of the register. */
import { ApiError, call } from '../api'

export interface Found {
  land_code: string
  geometry: unknown
}

interface Item {
  properties: { land_code: string }
  geometry: unknown
}

const found = (f: Item): Found => ({ land_code: f.properties.land_code, geometry: f.geometry })

export async function byLandCode(code: string): Promise<Found> {
  return found(await call<Item>(`/collections/parcels/items/${encodeURIComponent(code)}`))
}

export async function locate(text: string): Promise<Found | null> {
  const code = text.replace(/\s+/g, '').toUpperCase()
  if (!code) return null
  try {
    const archive = await call<{ parcel: { land_code: string } }>(`/api/parcels/${encodeURIComponent(code)}`)
    return await byLandCode(archive.parcel.land_code)
  } catch (e) {
    if (e instanceof ApiError && e.problem.status === 404) return null
    throw e
  }
}
