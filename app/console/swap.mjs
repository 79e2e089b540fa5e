// Put a finished build in place at once: a service that is running never serves a half-written console.
// Libraries that pages of the service show go with it, an office network reaches no CDN: Swagger UI (dist/swagger, app/docs_page.py)
// and the map libraries of the client examples (dist/lib/<name>/, app/maps/pages/clients.py, app/maps/CLIENTS.md).
import { copyFileSync, cpSync, existsSync, mkdirSync, renameSync, rmSync } from 'node:fs'

const [fresh, live, old] = ['node_modules/.dist-new', 'dist', 'node_modules/.dist-old']
const vendored = {
  swagger: ['swagger-ui-dist/swagger-ui.css', 'swagger-ui-dist/swagger-ui-bundle.js', 'swagger-ui-dist/LICENSE'],
  'lib/ol': ['ol/ol.css', 'ol/dist/ol.js', 'ol/LICENSE.md'],
  'lib/maplibre-gl': ['maplibre-gl/dist/maplibre-gl.css', 'maplibre-gl/dist/maplibre-gl.js', 'maplibre-gl/LICENSE.txt'],
  'lib/pmtiles': ['pmtiles/dist/pmtiles.js'],
  'lib/leaflet': ['leaflet/dist/leaflet.css', 'leaflet/dist/leaflet.js', 'leaflet/LICENSE'],
}
for (const [folder, files] of Object.entries(vendored)) {
  mkdirSync(`${fresh}/${folder}`, { recursive: true })
  for (const file of files) copyFileSync(`node_modules/${file}`, `${fresh}/${folder}/${file.split('/').pop()}`)
}
cpSync('node_modules/leaflet/dist/images', `${fresh}/lib/leaflet/images`, { recursive: true })
rmSync(old, { recursive: true, force: true })
if (existsSync(live)) renameSync(live, old)
renameSync(fresh, live)
rmSync(old, { recursive: true, force: true })
