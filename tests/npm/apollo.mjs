// Apollo Client: pages that its cache joins, objects that it knows by their global ids, and a mutation that updates them.
import { ApolloClient, HttpLink, InMemoryCache, gql } from "@apollo/client";
import { relayStylePagination } from "@apollo/client/utilities";

import { address, key, signIn, tell } from "./gateway.mjs";

const NUMBERS = gql`
  query Numbers($after: String) {
    companies(first: 1) { nodes { id numbers(first: 2, after: $after) {
      edges { cursor node { id msisdn label } } pageInfo { hasNextPage endCursor }
    } } }
  }
`;
const NUMBER = gql`query Number($id: ID!) { number(by: { id: $id }) { id msisdn label } }`;
const LABEL = gql`
  mutation Label($input: NumberChangeApplyInput!) {
    numberChange(input: $input) { number { id label } userErrors { code } }
  }
`;

const typePolicies = { Company: { fields: { numbers: relayStylePagination() } } };
const client = (headers) =>
  new ApolloClient({ link: new HttpLink({ uri: `${address}/graphql`, headers }), cache: new InMemoryCache({ typePolicies }) });

const reporting = client({ authorization: `Bearer ${key}` });
const first = await reporting.query({ query: NUMBERS });
const { endCursor } = first.data.companies.nodes[0].numbers.pageInfo;
await reporting.query({ query: NUMBERS, variables: { after: endCursor }, fetchPolicy: "network-only" });
const joined = reporting.cache.readQuery({ query: NUMBERS }).companies.nodes[0].numbers.edges;

const { cookie, number } = await signIn();
const portal = client({ cookie });
await portal.query({ query: NUMBER, variables: { id: number } });
const change = { labelSet: { label: "By Apollo" } };
const changed = await portal.mutate({ mutation: LABEL, variables: { input: { numberId: number, change } } });

tell({
  joined: new Set(joined.map(({ node }) => node.id)).size,
  userErrors: changed.data.numberChange.userErrors,
  label: portal.cache.readQuery({ query: NUMBER, variables: { id: number } }).number.label,
});
