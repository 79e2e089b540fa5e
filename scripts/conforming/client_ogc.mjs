// @camptocamp/ogc-client reads a running service: node client_ogc.mjs MODULES URL (of a proxy that adds the key).
import { pathToFileURL } from 'node:url'

const [modules, url] = process.argv.slice(2)
const { OgcApiEndpoint } = await import(pathToFileURL(`${modules}/@camptocamp/ogc-client/dist/dist-node.js`))
let failed = 0
const check = (name, isRight, said) => {
  console.log(`${isRight ? 'ok ' : 'NOT'} ogc-client ${name}: ${JSON.stringify(said)}`)
  if (!isRight) failed = 1
}
const endpoint = new OgcApiEndpoint(`${url}/`)
check('info', (await endpoint.info).title === '一码管地', (await endpoint.info).title)
check('has features', await endpoint.hasFeatures, await endpoint.hasFeatures)
const names = await endpoint.featureCollections
check('collections', names.includes('parcels'), names)
const parcels = await endpoint.getCollectionInfo('parcels')
check('collection', parcels.queryables.length > 10, { crs: parcels.crs.length, queryables: parcels.queryables.length, formats: parcels.itemFormats })
const box = [121.19, 30.2, 121.2, 30.21]
const items = await endpoint.getCollectionItems('parcels', 100, 0, undefined, undefined, box)
check('items of an extent', items.length === 77, items.length)
const one = await endpoint.getCollectionItem('parcels', String(items[0].id))
check('one item', one.id === items[0].id, one.id)
process.exit(failed)
