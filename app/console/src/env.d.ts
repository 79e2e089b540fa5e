interface Window {
  /** Hook for browser tests; present while the map page is open. */
  __yimaMap?: {
    /** Parcels on the screen. */
    count(): number
    busy(): boolean
    /** Whether parcels are drawn from their shapes (near) and not from tiles (far). */
    shapes(): boolean
    /** Open a parcel's card by 地块码 and bring it into view. */
    select(landCode: string): Promise<void>
    view(lon: number, lat: number, zoom: number): void
    /** Extent requests sent so far. */
    requests(): number
  }
}

declare module 'element-plus/es/locale/index.mjs'
