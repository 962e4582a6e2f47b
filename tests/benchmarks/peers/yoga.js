// graphql-yoga with DataLoaders made for each request.
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import DataLoader from 'dataloader'
import { createSchema, createYoga } from 'graphql-yoga'
import * as rows from './rows.js'

const yoga = createYoga({
  graphiql: false,
  landingPage: false,
  logging: false,
  context: () => ({
    companies: new DataLoader(rows.companies),
    numbers: new DataLoader(rows.numbers),
    employees: new DataLoader(rows.employees),
    departments: new DataLoader(rows.departments),
    tariffs: new DataLoader(rows.tariffs),
    options: new DataLoader(rows.options)
  }),
  schema: createSchema({
    typeDefs: readFileSync(new URL('schema.graphql', import.meta.url), 'utf8'),
    resolvers: {
      Query: {
        company: (_, { by }, { companies }) => companies.load(rows.keyOf(by.id)),
        number: (_, { by }, { numbers }) => numbers.load(rows.keyOf(by.id))
      },
      Company: { numbers: async (company, { first }) => ({ nodes: await rows.numbersOf(company.key, first) }) },
      Number: {
        employee: ({ employeeId }, _, { employees }) => employeeId && employees.load(employeeId),
        department: ({ departmentId }, _, { departments }) => departmentId && departments.load(departmentId),
        tariff: ({ tariffId }, _, { tariffs }) => tariffs.load(tariffId),
        options: ({ key }, _, { options }) => options.load(key)
      }
    }
  })
})
createServer(yoga).listen(Number(process.env.PORT), '127.0.0.1')
