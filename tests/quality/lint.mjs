// The schema before a linter: every rule for schemas that graphql-eslint has,
// Relay's too. What does not hold here is below, each with its reason.
//
//   node lint.mjs ../../schema.graphql
//
// `overrides` in package.json keep packages that came along at the last version
// that runs on Node.js 20.

import { readFileSync } from 'node:fs';
import plugin from '@graphql-eslint/eslint-plugin';
import { ESLint } from 'eslint';

const { 'flat/schema-all': all, 'flat/schema-relay': relay } = plugin.configs;

const rules = {
  ...all.rules,
  ...relay.rules,
  // Enum values stand in the order of a customer's way, and definitions in that
  // in which the program prints them: types first, then directives.
  '@graphql-eslint/alphabetize': [
    'error',
    { fields: ['ObjectTypeDefinition'], arguments: ['FieldDefinition', 'DirectiveDefinition'] },
  ],
  // The schema has all three roots.
  '@graphql-eslint/no-root-type': 'off',
  // `cardId` and `cardType` are the issuer's names, and clients know them.
  '@graphql-eslint/no-typename-prefix': 'off',
  // `fundings` goes forward only: it is short.
  '@graphql-eslint/relay-arguments': ['error', { includeBoth: false }],
  // `nodes` lists things without their edges; a change is nothing to look up again.
  '@graphql-eslint/relay-edge-types': [
    'error',
    { listTypeCanWrapOnlyEdgeType: false, shouldImplementNode: false, withEdgeSuffix: true },
  ],
  // GraphQL's own `@deprecated` has no date, only a reason, which is required.
  '@graphql-eslint/require-deprecation-date': 'off',
  // A payload has what the mutation has changed. Whatever else a client wants it queries: in
  // one request with a mutation, each list would be loaded again behind each of its fields.
  '@graphql-eslint/require-field-of-type-query-in-mutation-result': 'off',
  // Everything is described, but for `if` of the directives that GraphQL itself defines.
  '@graphql-eslint/require-description': [
    'error',
    {
      types: true,
      DirectiveDefinition: true,
      EnumValueDefinition: true,
      FieldDefinition: true,
      InputValueDefinition: true,
      ignoredSelectors: ['DirectiveDefinition > InputValueDefinition'],
    },
  ],
  // A list that cannot be read is no list that is empty: the whole answer fails.
  '@graphql-eslint/require-nullable-result-in-root': 'off',
  // Parts of lists and of customers, and payloads, are nothing that one would look up.
  '@graphql-eslint/strict-id-in-types': [
    'error',
    {
      acceptedIdNames: ['id'],
      exceptions: {
        suffixes: ['Connection', 'Edge', 'Payload'],
        // Sums over many have no identity, and parts of a customer have none of their own.
        // A change is named by its cursor.
        types: [
          'CardCustomerChange',
          'CardCustomerOnboarding',
          'CardCustomersBalance',
          'CardCustomersByStatus',
          'CardCustomersSummary',
          'PageInfo',
          'SourceOfFundsQuestion',
          'SourceOfFundsQuestions',
        ],
      },
    },
  ],
};

const path = process.argv[2];
const text = readFileSync(path, 'utf8');
const linter = new ESLint({
  cwd: import.meta.dirname,
  overrideConfigFile: true,
  overrideConfig: {
    files: ['*.graphql'],
    languageOptions: { parser: plugin.parser, parserOptions: { graphQLConfig: { schema: text } } },
    plugins: { '@graphql-eslint': plugin },
    rules,
  },
});

const [{ messages }] = await linter.lintText(text, { filePath: 'schema.graphql' });
for (const { line, column, ruleId, message } of messages) {
  console.log(`${path}:${line}:${column} ${message.replaceAll('\n', ' ')} (${ruleId ?? 'syntax'})`);
}
console.log(`${messages.length} faults`);
process.exitCode = messages.length === 0 ? 0 : 1;
