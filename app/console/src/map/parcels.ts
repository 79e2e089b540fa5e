/** Parcels of the extent on view: debounced extent requests, pages followed up to a cap, the user told when there are more. */
import type OlMap from 'ol/Map'
import Feature from 'ol/Feature'
import GeoJSON from 'ol/format/GeoJSON'
import { buffer, containsExtent, getHeight, getWidth, type Extent } from 'ol/extent'
import type { Geometry } from 'ol/geom'
import { toLonLat } from 'ol/proj'
import VectorSource from 'ol/source/Vector'
import { call, follow, problemFrom, withQuery } from '../api'
import type { Problem } from '../types'

export const PAGE = 2000
export const CAP = 6000
/** Metres a pixel below which parcels are drawn from their shapes; above it from tiles. */
export const SHAPES_BELOW = 10

export interface Filter {
  responsible_body?: string
  display_class?: string
}

export interface Loaded {
  drawn: number
  more: boolean
  busy: boolean
  problem: Problem | null
}

interface Page {
  features: unknown[]
  numberMatched?: number
  links?: { rel: string; href: string }[]
}

export class ParcelLoader {
  readonly source = new VectorSource<Feature<Geometry>>()
  private readonly format = new GeoJSON({ dataProjection: 'EPSG:4326', featureProjection: 'EPSG:3857' })
  private timer = 0
  private running: AbortController | null = null
  private held: { extent: Extent; filter: string; complete: boolean } | null = null
  /** How often the server was asked; for tests. */
  requests = 0

  constructor(
    private readonly map: OlMap,
    private readonly filter: () => Filter,
    private readonly tell: (state: Loaded) => void,
  ) {
    map.on('moveend', () => this.soon())
  }

  /** Shapes that touch the screen. */
  private get inView(): number {
    return this.source.getFeaturesInExtent(this.map.getView().calculateExtent(this.map.getSize())).length
  }

  /** Whether shapes are shown now: near enough, or few enough because one responsible body is chosen. */
  get shapes(): boolean {
    return (this.map.getView().getResolution() ?? 1e9) < SHAPES_BELOW || Boolean(this.filter().responsible_body)
  }

  soon(delay = 200): void {
    clearTimeout(this.timer)
    this.timer = window.setTimeout(() => void this.load(), delay)
  }

  again(): void {
    this.held = null
    this.soon(0)
  }

  private async load(): Promise<void> {
    const size = this.map.getSize()
    if (!size || !size[0] || !size[1]) return
    if (!this.shapes) {
      this.running?.abort()
      this.held = null
      this.source.clear(true)
      this.tell({ drawn: 0, more: false, busy: false, problem: null })
      return
    }
    const view = this.map.getView().calculateExtent(size)
    const filter = JSON.stringify(this.filter())
    if (this.held && this.held.filter === filter && this.held.complete && containsExtent(this.held.extent, view)) {
      this.tell({ drawn: this.inView, more: false, busy: false, problem: null })
      return
    }
    this.running?.abort()
    const stop = (this.running = new AbortController())
    const extent = buffer(view, Math.max(getWidth(view), getHeight(view)) * 0.12)
    await this.pages(extent, filter, stop)
  }

  private async pages(extent: Extent, filter: string, stop: AbortController): Promise<void> {
    const [w, s] = toLonLat([extent[0]!, extent[1]!])
    const [e, n] = toLonLat([extent[2]!, extent[3]!])
    const bbox = [w, s, e, n].map((x) => x!.toFixed(6)).join(',')
    let next: string | null = withQuery('/collections/parcels/items', { bbox, limit: PAGE, ...this.filter() })
    let drawn = 0
    try {
      while (next && drawn < CAP) {
        this.tell({ drawn, more: false, busy: true, problem: null })
        this.requests++
        const page: Page = await call<Page>(next, { signal: stop.signal })
        if (stop.signal.aborted) return
        const features = this.format.readFeatures({ type: 'FeatureCollection', features: page.features })
        if (drawn === 0) this.source.clear(true)
        this.source.addFeatures(features)
        drawn += features.length
        const link = page.links?.find((l) => l.rel === 'next')
        next = link ? follow(link.href) : null
      }
      this.held = { extent, filter, complete: next === null }
      this.tell({ drawn: next ? drawn : this.inView, more: next !== null, busy: false, problem: null })
    } catch (e) {
      if ((e as Error).name === 'AbortError') return
      this.tell({ drawn: this.inView, more: false, busy: false, problem: problemFrom(e) })
    }
  }
}
