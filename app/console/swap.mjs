// Put a finished build in place at once: a service that is running never serves a half-written console.
// Swagger UI goes with it (dist/swagger, shown by app/docs_page.py): an office network reaches no CDN.
import { copyFileSync, existsSync, mkdirSync, renameSync, rmSync } from 'node:fs'

const [fresh, live, old] = ['node_modules/.dist-new', 'dist', 'node_modules/.dist-old']
mkdirSync(`${fresh}/swagger`, { recursive: true })
for (const file of ['swagger-ui.css', 'swagger-ui-bundle.js', 'LICENSE'])
  copyFileSync(`node_modules/swagger-ui-dist/${file}`, `${fresh}/swagger/${file}`)
rmSync(old, { recursive: true, force: true })
if (existsSync(live)) renameSync(live, old)
renameSync(fresh, live)
rmSync(old, { recursive: true, force: true })
