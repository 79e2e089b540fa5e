/** Fill of a display class: the server's colour plus a hatch, so that classes differ without colour too. */
import { classes, classOf } from '../meta'

export type Hatch = 'plain' | 'vertical' | 'forward' | 'back' | 'cross' | 'dots' | 'grid' | 'horizontal'
const HATCHES: Hatch[] = ['plain', 'vertical', 'forward', 'back', 'cross', 'dots', 'grid', 'horizontal']
// A class keeps its hatch whatever order the server lists it in.
const NAMED: Record<string, Hatch> = {
  normal: 'plain',
  green: 'plain',
  standard_land: 'vertical',
  blue: 'vertical',
  inefficient_suspected: 'forward',
  yellow: 'forward',
  inefficient_determined: 'grid',
  remediating: 'back',
  orange: 'back',
  suspected_idle: 'cross',
  idle_determined: 'cross',
  red: 'cross',
  unknown: 'dots',
  grey: 'dots',
}

export function hatchOf(key: string): Hatch {
  const named = NAMED[key]
  if (named) return named
  const i = classes().findIndex(([k]) => k === key)
  return HATCHES[(i < 0 ? 0 : i) % HATCHES.length]!
}

function lines(g: CanvasRenderingContext2D, n: number, hatch: Hatch) {
  const seg = (a: number, b: number, c: number, d: number) => {
    g.moveTo(a, b)
    g.lineTo(c, d)
  }
  g.beginPath()
  if (hatch === 'vertical' || hatch === 'grid') seg(n / 2, 0, n / 2, n)
  if (hatch === 'horizontal' || hatch === 'grid') seg(0, n / 2, n, n / 2)
  if (hatch === 'forward' || hatch === 'cross')
    for (const s of [-n / 2, n / 2, (3 * n) / 2]) seg(s - n / 2, n, s + n / 2, 0)
  if (hatch === 'back' || hatch === 'cross')
    for (const s of [-n / 2, n / 2, (3 * n) / 2]) seg(s - n / 2, 0, s + n / 2, n)
  g.stroke()
  if (hatch === 'dots') {
    g.fillStyle = g.strokeStyle
    for (const [x, y] of [[n / 4, n / 4], [(3 * n) / 4, (3 * n) / 4]] as const) {
      g.beginPath()
      g.arc(x, y, 1.1, 0, 7)
      g.fill()
    }
  }
}

function tile(key: string): HTMLCanvasElement {
  const n = 8
  const canvas = document.createElement('canvas')
  canvas.width = canvas.height = n
  const g = canvas.getContext('2d')!
  g.fillStyle = withAlpha(classOf(key).colour, 0.62)
  g.fillRect(0, 0, n, n)
  g.strokeStyle = 'rgba(20,30,40,0.42)'
  g.lineWidth = 1
  lines(g, n, hatchOf(key))
  return canvas
}

const patterns = new Map<string, CanvasPattern | null>()
const swatches = new Map<string, string>()

export function patternOf(key: string): CanvasPattern | string {
  let found = patterns.get(key)
  if (found === undefined) {
    found = document.createElement('canvas').getContext('2d')!.createPattern(tile(key), 'repeat')
    patterns.set(key, found)
  }
  return found ?? classOf(key).colour
}

/** The same fill as an image for the legend. */
export function swatchOf(key: string): string {
  let found = swatches.get(key)
  if (!found) {
    found = tile(key).toDataURL()
    swatches.set(key, found)
  }
  return found
}

/** #rrggbb with an alpha. */
export function withAlpha(colour: string, alpha: number): string {
  const m = /^#?([0-9a-f]{2})([0-9a-f]{2})([0-9a-f]{2})$/i.exec(colour)
  return m ? `rgba(${parseInt(m[1]!, 16)},${parseInt(m[2]!, 16)},${parseInt(m[3]!, 16)},${alpha})` : colour
}
