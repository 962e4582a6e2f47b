// The gateway under test, and somebody who may change its numbers.
export const [address, key, login, password] = process.argv.slice(2);

export const FOLLOW = "subscription ($id: ID!) { numberChanged(companyId: $id) { id label } }";
export const LABEL = `mutation ($id: ID!, $label: String!) {
  numberChange(input: { numberId: $id, change: { labelSet: { label: $label } } }) { userErrors { code } }
}`;

// Signs in: the cookie, and a company with one of its numbers.
export async function signIn() {
  const query = `mutation ($login: String!, $password: String!) {
    login(input: { login: $login, password: $password }) { userErrors { message } }
  }`;
  const signedIn = await post({ query, variables: { login, password } });
  const cookie = signedIn.headers.getSetCookie().map((each) => each.split(";")[0]).join("; ");
  const found = await post(
    { query: "{ companies(first: 1) { nodes { id numbers(first: 1, filter: { status: [ACTIVE] }) { nodes { id } } } } }" },
    cookie,
  );
  const [company] = (await found.json()).data.companies.nodes;
  return { cookie, company: company.id, number: company.numbers.nodes[0].id };
}

export function post(request, cookie = "") {
  const headers = { "content-type": "application/json", cookie };
  return fetch(`${address}/graphql`, { method: "POST", headers, body: JSON.stringify(request) });
}

// The answers of one operation, by a client of graphql-ws or graphql-sse.
export async function answers(client, request) {
  const found = [];
  for await (const { data, errors } of client.iterate(request)) found.push({ data, errors });
  return found;
}

// Two changes of the number, as a follower of the company is told of them; it is labelled until they are.
export async function follow(client, { company, number }) {
  const labels = [];
  const told = [];
  const labelling = setInterval(async () => {
    labels.push(`Label ${labels.length}`);
    await answers(client, { query: LABEL, variables: { id: number, label: labels.at(-1) } });
  }, 300);
  for await (const { data } of client.iterate({ query: FOLLOW, variables: { id: company } })) {
    told.push(data.numberChanged);
    if (told.length === 2) break;
  }
  clearInterval(labelling);
  return told.map(({ id, label }) => id === number && labels.includes(label));
}

export const tell = (found) => console.log(JSON.stringify(found));
