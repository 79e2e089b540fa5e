/** Shapes of an import over the county's map: rows by class of the comparison, places of issues by severity, the chosen one. */
import Feature from 'ol/Feature'
import type { FeatureLike } from 'ol/Feature'
import GeoJSON from 'ol/format/GeoJSON'
import { createEmpty, extend, isEmpty } from 'ol/extent'
import type { Geometry } from 'ol/geom'
import VectorLayer from 'ol/layer/Vector'
import type OlMap from 'ol/Map'
import VectorSource from 'ol/source/Vector'
import { Circle, Fill, Stroke, Style } from 'ol/style'
import type { Shape } from '../imports/types'
import { withAlpha } from './palette'

/** Colours of the classes and severities; a dash sets apart what leaves the register. */
export const COLOURS: Record<string, string> = {
  new: '#1d7a3e',
  attribute: '#1f5fa8',
  moved: '#c46a00',
  changed: '#c46a00',
  back: '#0f8a8a',
  split: '#7a3fb0',
  merged: '#a83279',
  renumbered: '#54708c',
  vanished: '#b3261e',
  same: '#9aa0a6',
  error: '#b3261e',
  warning: '#c46a00',
  notice: '#5b6876',
}
export const colourOf = (key: unknown): string => COLOURS[String(key)] ?? '#1f5fa8'

const styles = new Map<string, Style>()

function styleOf(feature: FeatureLike): Style {
  const key = String(feature.get('class') ?? feature.get('severity') ?? '')
  let style = styles.get(key)
  if (!style) {
    const colour = colourOf(key)
    const lineDash = key === 'vanished' ? [7, 5] : undefined
    style = new Style({
      fill: new Fill({ color: withAlpha(colour, key === 'same' ? 0.08 : 0.24) }),
      stroke: new Stroke({ color: colour, width: 2, lineDash }),
      image: new Circle({ radius: 6, fill: new Fill({ color: withAlpha(colour, 0.5) }), stroke: new Stroke({ color: colour, width: 2 }) }),
    })
    styles.set(key, style)
  }
  return style
}

const chosenStyle = new Style({
  fill: new Fill({ color: 'rgba(255, 226, 60, 0.25)' }),
  stroke: new Stroke({ color: '#111', width: 3.5 }),
  image: new Circle({ radius: 9, stroke: new Stroke({ color: '#111', width: 3 }) }),
})

export class Findings {
  private readonly format = new GeoJSON({ dataProjection: 'EPSG:4326', featureProjection: 'EPSG:3857' })
  private readonly source = new VectorSource<Feature<Geometry>>()
  private readonly chosen = new VectorSource<Feature<Geometry>>()
  private readonly layer = new VectorLayer({ source: this.source, style: styleOf, zIndex: 20 })

  constructor(
    private readonly map: OlMap,
    picked: (properties: Record<string, unknown>) => void,
  ) {
    map.addLayer(this.layer)
    map.addLayer(new VectorLayer({ source: this.chosen, style: chosenStyle, zIndex: 21 }))
    map.on('singleclick', (e) => {
      const hit = map.forEachFeatureAtPixel(e.pixel, (f) => f, { layerFilter: (l) => l === this.layer, hitTolerance: 4 })
      if (hit) picked(hit.getProperties())
    })
  }

  /** Show these shapes; those without a geometry are left out. Returns how many are drawn. */
  show(shapes: Shape[], fit: boolean): number {
    const features = this.format.readFeatures({ type: 'FeatureCollection', features: shapes.filter((s) => s.geometry) })
    this.source.clear(true)
    this.source.addFeatures(features)
    if (fit) this.fit(features)
    return features.length
  }

  choose(shapes: Shape[]): void {
    const features = this.format.readFeatures({ type: 'FeatureCollection', features: shapes.filter((s) => s.geometry) })
    this.chosen.clear(true)
    this.chosen.addFeatures(features)
    this.fit(features)
  }

  private fit(features: Feature<Geometry>[]): void {
    const extent = createEmpty()
    for (const f of features) extend(extent, f.getGeometry()!.getExtent())
    if (!isEmpty(extent) || features.length) this.map.getView().fit(extent, { padding: [50, 50, 50, 50], maxZoom: 18 })
  }
}
