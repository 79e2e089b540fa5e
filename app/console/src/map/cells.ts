/** Overview below the zoom where parcels can be read: one small pie a cell, its area by class, so that nothing disappears. */
import type { FeatureLike } from 'ol/Feature'
import { Icon, Style } from 'ol/style'
import { classes } from '../meta'

const cache = new Map<string, Style>()
const OTHERS = '#b4bec9'

function pie(shares: [string, number][], radius: number): HTMLCanvasElement {
  const n = radius * 2 + 2
  const canvas = document.createElement('canvas')
  canvas.width = canvas.height = n
  const g = canvas.getContext('2d')!
  let from = -Math.PI / 2
  for (const [colour, share] of shares) {
    const to = from + share * Math.PI * 2
    g.beginPath()
    g.moveTo(n / 2, n / 2)
    g.arc(n / 2, n / 2, radius, from, to)
    g.fillStyle = colour
    g.fill()
    from = to
  }
  g.beginPath()
  g.arc(n / 2, n / 2, radius, 0, Math.PI * 2)
  g.strokeStyle = 'rgba(40,50,60,0.55)'
  g.lineWidth = 0.8
  g.stroke()
  return canvas
}

/** Style of a cell with `n`, `mu` and `<class>_mu`; only the wanted class counts when one is chosen. */
export function cellStyle(feature: FeatureLike, wanted: string): Style | undefined {
  const all = Number(feature.get('mu') ?? 0) || Number(feature.get('n') ?? 0)
  const parts = classes()
    .filter(([key]) => !wanted || key === wanted)
    .map(([key, c]) => [c.colour, Number(feature.get(`${key}_mu`) ?? 0)] as [string, number])
    .filter(([, mu]) => mu > 0)
  const known = parts.reduce((a, [, mu]) => a + mu, 0)
  if (wanted && known === 0) return undefined
  const total = wanted ? known : Math.max(all, known)
  if (total <= 0) return undefined
  // shares in sixteenths: few distinct pies, drawn once each
  const shares = parts.map(([colour, mu]) => [colour, Math.max(1, Math.round((mu / total) * 16)) / 16] as [string, number])
  if (!wanted && known < total) shares.push([OTHERS, 1 - known / total])
  const radius = Math.round(Math.min(8, 2.5 + Math.sqrt(total) * 0.33))
  const id = `${radius}|${shares.map(([c, s]) => `${c}${s.toFixed(3)}`).join()}`
  let style = cache.get(id)
  if (!style) {
    style = new Style({ image: new Icon({ img: pie(shares, radius) }) })
    cache.set(id, style)
  }
  return style
}
