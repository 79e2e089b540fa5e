/** The county's map: OpenLayers on a 2D canvas (no WebGL), no base map from outside, only our own layers and a graticule. */
import Feature from 'ol/Feature'
import type { FeatureLike } from 'ol/Feature'
import GeoJSON from 'ol/format/GeoJSON'
import MVT from 'ol/format/MVT'
import OlMap from 'ol/Map'
import View from 'ol/View'
import ScaleLine from 'ol/control/ScaleLine'
import Zoom from 'ol/control/Zoom'
import 'ol/ol.css'
import { intersects, isEmpty } from 'ol/extent'
import type { Geometry } from 'ol/geom'
import Graticule from 'ol/layer/Graticule'
import VectorLayer from 'ol/layer/Vector'
import VectorTileLayer from 'ol/layer/VectorTile'
import { fromLonLat, transformExtent } from 'ol/proj'
import VectorSource from 'ol/source/Vector'
import VectorTileSource from 'ol/source/VectorTile'
import { Fill, Stroke, Text } from 'ol/style'
import { base, call, follow } from '../api'
import { cellStyle } from './cells'
import { ParcelLoader, type Filter, type Loaded } from './parcels'
import { controlLineStyle, parcelStyle, selectedStyle, townNameStyle, townStyle } from './styles'

interface Collection {
  features: unknown[]
  links?: { rel: string; href: string }[]
}

export class CountyMap {
  readonly map: OlMap
  readonly loader: ParcelLoader
  private readonly geojson = new GeoJSON({ dataProjection: 'EPSG:4326', featureProjection: 'EPSG:3857' })
  private readonly chosen = new VectorSource<Feature<Geometry>>()
  private readonly towns = new VectorSource<Feature<Geometry>>()
  private readonly lines = new VectorSource<Feature<Geometry>>()
  private readonly tiles: VectorTileLayer
  private readonly shapes: VectorLayer

  constructor(
    target: HTMLElement,
    bbox: [number, number, number, number] | null,
    private readonly filter: () => Filter,
    tell: (state: Loaded) => void,
    picked: (landCode: string) => void,
  ) {
    this.tiles = this.tileLayer(bbox)
    this.shapes = new VectorLayer({ style: parcelStyle, updateWhileInteracting: false, zIndex: 4 })
    this.map = new OlMap({
      target,
      controls: [new Zoom({ zoomInTipLabel: '放大', zoomOutTipLabel: '缩小' }), new ScaleLine({ units: 'metric', minWidth: 80 })],
      view: new View({ center: fromLonLat([121.3, 30.2]), zoom: 11, maxZoom: 20, minZoom: 7 }),
      layers: [
        new VectorLayer({ source: this.towns, style: townStyle, zIndex: 1 }),
        new VectorLayer({ source: this.towns, style: townNameStyle, declutter: true, zIndex: 7 }),
        this.graticule(),
        this.tiles,
        this.shapes,
        new VectorLayer({ source: this.lines, style: controlLineStyle, declutter: true, zIndex: 6 }),
        new VectorLayer({ source: this.chosen, style: selectedStyle, zIndex: 8 }),
      ],
    })
    this.loader = new ParcelLoader(this.map, filter, (state) => {
      this.switchLayers()
      tell(state)
    })
    this.shapes.setSource(this.loader.source)
    this.map.on('moveend', () => this.switchLayers())
    this.map.on('singleclick', (e) => {
      const code = this.codeAt(e.pixel)
      if (code) picked(code)
    })
    this.map.on('pointermove', (e) => {
      const element = this.map.getTargetElement()
      if (!e.dragging && element) element.style.cursor = this.codeAt(e.pixel) ? 'pointer' : ''
    })
    if (bbox) this.map.getView().fit(transformExtent(bbox, 'EPSG:4326', 'EPSG:3857'), { padding: [24, 24, 24, 24] })
    void this.fill(this.towns, '/collections/towns/items?limit=200')
    void this.fill(this.lines, '/collections/control-lines/items?limit=1000')
  }

  /** Parcels on the screen: shapes when near, tile features or the sum over the overview's cells when far. */
  drawn(): number {
    const extent = this.map.getView().calculateExtent(this.map.getSize())
    if (this.loader.shapes) return this.loader.source.getFeaturesInExtent(extent).length
    const seen = new Set<unknown>()
    let cells = 0
    for (const f of this.tiles.getFeaturesInExtent(extent)) {
      if (f.get('n') === undefined) seen.add(f.getId() ?? f.get('land_code'))
      else cells += Number(f.get('n'))
    }
    return seen.size + cells
  }

  /** Outline the parcel and bring it into view. */
  show(geometry: unknown, zoom: boolean): void {
    this.chosen.clear(true)
    if (!geometry) return
    const shape = this.geojson.readGeometry(geometry)
    if (!shape) return
    this.chosen.addFeature(new Feature(shape))
    const extent = shape.getExtent()
    if (zoom && !isEmpty(extent)) {
      const phone = (this.map.getSize()?.[0] ?? 1000) < 760
      const room = phone ? [40, 40, Math.round((this.map.getSize()?.[1] ?? 600) * 0.55), 40] : [80, 480, 80, 80]
      this.map.getView().fit(extent, { padding: room, maxZoom: 17 })
    }
  }

  look(lon: number, lat: number, zoom: number): void {
    this.map.getView().setCenter(fromLonLat([lon, lat]))
    this.map.getView().setZoom(zoom)
  }

  /** Bring the parcels that are loaded into view. */
  fitShapes(): void {
    const extent = this.loader.source.getExtent()
    if (extent && !isEmpty(extent)) this.map.getView().fit(extent, { padding: [90, 60, 60, 60], maxZoom: 17 })
  }

  clearChosen(): void {
    this.chosen.clear(true)
  }

  refilter(): void {
    this.tiles.changed()
    this.loader.again()
  }

  close(): void {
    this.map.setTarget(undefined)
  }

  private switchLayers(): void {
    this.tiles.setVisible(!this.loader.shapes)
    this.shapes.setVisible(this.loader.shapes)
  }

  private codeAt(pixel: number[]): string | null {
    const hit = this.map.forEachFeatureAtPixel(pixel, (f) => f.get('land_code') as string | undefined, {
      layerFilter: (l) => l === this.tiles || l === this.shapes,
      hitTolerance: 2,
    })
    return hit ?? null
  }

  private tileLayer(bbox: [number, number, number, number] | null): VectorTileLayer {
    // empty tiles outside the county are 404: ask for none of them. An extent of the layer would cut the pies at its edge
    const county = bbox && transformExtent(bbox, 'EPSG:4326', 'EPSG:3857')
    const source: VectorTileSource = new VectorTileSource({
      format: new MVT(),
      maxZoom: 16,
      tileUrlFunction: (at) =>
        county && !intersects(county, source.getTileGrid()!.getTileCoordExtent(at))
          ? undefined
          : `${base}collections/parcels/tiles/WebMercatorQuad/${at[0]}/${at[2]}/${at[1]}`,
    })
    const style = (f: FeatureLike, r: number) => {
      const wanted = this.filter().display_class ?? ''
      if (f.get('n') !== undefined) return cellStyle(f, wanted)
      return wanted && f.get('display_class') !== wanted ? undefined : parcelStyle(f, r)
    }
    return new VectorTileLayer({ source, style, renderMode: 'hybrid', zIndex: 3 })
  }

  private graticule(): Graticule {
    const label = (align: CanvasTextAlign) =>
      new Text({
        font: '11px sans-serif',
        fill: new Fill({ color: '#8a95a1' }),
        stroke: new Stroke({ color: '#eef2f5', width: 3 }),
        textAlign: align,
        textBaseline: align === 'center' ? 'top' : 'middle',
      })
    return new Graticule({
      strokeStyle: new Stroke({ color: 'rgba(120,140,160,0.28)', width: 1 }),
      showLabels: true,
      wrapX: false,
      lonLabelPosition: 0.985,
      latLabelPosition: 0.985,
      lonLabelStyle: label('center'),
      latLabelStyle: label('right'),
      zIndex: 2,
    })
  }

  private async fill(source: VectorSource<Feature<Geometry>>, path: string): Promise<void> {
    let next: string | null = path
    try {
      for (let i = 0; next && i < 20; i++) {
        const page: Collection = await call<Collection>(next)
        source.addFeatures(this.geojson.readFeatures({ type: 'FeatureCollection', features: page.features }))
        const link = page.links?.find((l) => l.rel === 'next')
        next = link ? follow(link.href) : null
      }
    } catch {
      // the layer stays empty; parcels and their card do not depend on it
    }
  }
}
