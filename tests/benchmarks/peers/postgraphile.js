// PostGraphile over the tables as they are: the tags name what plans may use and leave out what is not asked for.
import { createServer } from 'node:http'
import { PgSimplifyInflectionPreset } from '@graphile/simplify-inflection'
import { postgraphile } from 'postgraphile'
import { makePgService } from 'postgraphile/adaptors/pg'
import { grafserv } from 'postgraphile/grafserv/node'
import { PostGraphileAmberPreset } from 'postgraphile/presets/amber'
import { jsonPgSmartTags } from 'postgraphile/utils'

const catalogue = { primaryKey: 'id' }
const tags = jsonPgSmartTags({
  version: 1,
  config: {
    class: {
      numbers: { tags: { foreignKey: '(tariff_id) references tariffs_today (id)|@fieldName tariffToday' } },
      connected_options: { tags: { foreignKey: '(option_id) references options_today (id)|@fieldName optionToday' } },
      tariffs_today: { tags: catalogue },
      options_today: { tags: catalogue }
    }
  }
})

const instance = postgraphile({
  extends: [PostGraphileAmberPreset, PgSimplifyInflectionPreset],
  plugins: [tags],
  pgServices: [
    makePgService({
      connectionString: process.env.PEER_DSN,
      schemas: ['public'],
      poolConfig: { max: 10, idleTimeoutMillis: 0 }
    })
  ],
  schema: { defaultBehavior: '+list' },
  grafast: { explain: false },
  grafserv: { graphiql: false, watch: false }
})
const server = createServer()
await instance.createServ(grafserv).addTo(server)
server.listen(Number(process.env.PORT), '127.0.0.1')
