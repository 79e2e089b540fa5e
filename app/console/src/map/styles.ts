/** Canvas styles of the layers. Control line: brown thick dashes with its name (red and purple lines mean other things to planners). */
import type { FeatureLike } from 'ol/Feature'
import { Circle, Fill, Stroke, Style, Text } from 'ol/style'
import { classOf } from '../meta'
import { patternOf, withAlpha } from './palette'

const FONT = "'Microsoft YaHei','Noto Sans CJK SC','WenQuanYi Micro Hei',sans-serif"
const cache = new Map<string, Style>()

/** A parcel of which the reader may know the outline only (another body's), or the place only (public form). */
const outlineStyle = new Style({
  stroke: new Stroke({ color: 'rgba(70,80,92,0.75)', width: 1 }),
  fill: new Fill({ color: 'rgba(255,255,255,0.35)' }),
  image: new Circle({ radius: 4, fill: new Fill({ color: '#b4bec9' }), stroke: new Stroke({ color: '#5d6875', width: 1 }) }),
})

export function parcelStyle(feature: FeatureLike, resolution: number): Style {
  if (!feature.get('display_class')) return outlineStyle
  const key = String(feature.get('display_class'))
  const near = resolution < 5
  const id = `${key}|${near}`
  let style = cache.get(id)
  if (!style) {
    const colour = classOf(key).colour
    style = new Style({
      fill: new Fill({ color: near ? patternOf(key) : withAlpha(colour, 0.78) }),
      stroke: new Stroke({ color: near ? 'rgba(30,40,50,0.75)' : withAlpha(colour, 1), width: near ? 1 : 0.8 }),
    })
    cache.set(id, style)
  }
  return style
}

export const selectedStyle = new Style({
  stroke: new Stroke({ color: '#0b3d91', width: 3.5 }),
  fill: new Fill({ color: 'rgba(20,90,200,0.14)' }),
  image: new Circle({ radius: 8, stroke: new Stroke({ color: '#0b3d91', width: 3 }) }),
  zIndex: 10,
})

export const townStyle = new Style({
  stroke: new Stroke({ color: '#8995a3', width: 1.2 }),
  fill: new Fill({ color: 'rgba(255,255,255,0.72)' }),
})

export function townNameStyle(feature: FeatureLike, resolution: number): Style | undefined {
  if (resolution < 6 || resolution > 130) return undefined
  return new Style({
    text: new Text({
      text: String(feature.get('name') ?? ''),
      font: `bold 12px ${FONT}`,
      fill: new Fill({ color: '#44505d' }),
      stroke: new Stroke({ color: 'rgba(255,255,255,0.92)', width: 3.5 }),
    }),
  })
}

function lineName(feature: FeatureLike): string {
  const name = String(feature.get('name') ?? feature.get('code') ?? '')
  return name.includes('控制线') ? name : `工业区块控制线 ${name}`
}

export function controlLineStyle(feature: FeatureLike, resolution: number): Style {
  return new Style({
    image: new Circle({ radius: resolution < 20 ? 4 : 2.5, fill: new Fill({ color: '#7a4a1e' }), stroke: new Stroke({ color: '#fff', width: 1 }) }),
    stroke: new Stroke({ color: '#7a4a1e', width: resolution < 20 ? 2.6 : 1.6, lineDash: resolution < 20 ? [10, 6] : [6, 4] }),
    text:
      resolution < 14
        ? new Text({
            text: lineName(feature),
            font: `12px ${FONT}`,
            placement: 'line',
            repeat: 600,
            textBaseline: 'bottom',
            fill: new Fill({ color: '#7a4a1e' }),
            stroke: new Stroke({ color: '#fff', width: 3 }),
          })
        : undefined,
  })
}
