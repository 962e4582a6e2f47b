// mercurius with its just-in-time compiler and its batching loaders.
import { readFileSync } from 'node:fs'
import DataLoader from 'dataloader'
import Fastify from 'fastify'
import mercurius from 'mercurius'
import * as rows from './rows.js'

const batched = (load, key) => ({ loader: queries => load(queries.map(({ obj }) => obj[key])), opts: { cache: false } })

const app = Fastify()
app.register(mercurius, {
  schema: readFileSync(new URL('schema.graphql', import.meta.url), 'utf8'),
  jit: 1,
  graphiql: false,
  context: () => ({ companies: new DataLoader(rows.companies), numbers: new DataLoader(rows.numbers) }),
  resolvers: {
    Query: {
      company: (_, { by }, { companies }) => companies.load(rows.keyOf(by.id)),
      number: (_, { by }, { numbers }) => numbers.load(rows.keyOf(by.id))
    },
    Company: { numbers: async (company, { first }) => ({ nodes: await rows.numbersOf(company.key, first) }) }
  },
  loaders: {
    Number: {
      employee: batched(rows.employees, 'employeeId'),
      department: batched(rows.departments, 'departmentId'),
      tariff: batched(rows.tariffs, 'tariffId'),
      options: batched(rows.options, 'key')
    }
  }
})
await app.listen({ port: Number(process.env.PORT), host: '127.0.0.1' })
