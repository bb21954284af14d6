import eslint from '@eslint/js';
import { defineConfig } from 'eslint/config';
import reactHooks from 'eslint-plugin-react-hooks';
import tseslint from 'typescript-eslint';

/**
 * Imports point one way: api, cli → reports, ingest → lake, sources → store, findings. Each folder names those it may not
 * import from; a folder that is not in the list (errors.ts) is for all.
 */
const ALLOWED = {
  findings: [],
  store: ['findings'],
  sources: ['findings'],
  lake: ['findings', 'store'],
  sample: ['findings', 'sources'],
  ingest: ['findings', 'store', 'sources', 'lake'],
  reports: ['findings', 'store', 'lake'],
  outputs: ['findings', 'store', 'lake'],
  scanners: ['findings', 'store', 'sources', 'lake', 'outputs'],
  warehouse: ['findings', 'store', 'lake'],
  config: ['findings', 'store', 'sources'],
  api: [
    ...['findings', 'store', 'sources', 'lake', 'reports', 'warehouse', 'ingest', 'config'],
    ...['outputs', 'scanners'],
  ],
  cli: [
    ...['findings', 'store', 'sources', 'lake', 'sample', 'ingest', 'reports', 'warehouse', 'config', 'api'],
    ...['outputs', 'scanners'],
  ],
};
const FOLDERS = Object.keys(ALLOWED);

const oneWay = Object.entries(ALLOWED).map(([folder, allowed]) => ({
  files: [`collector/src/${folder}/**/*.ts`],
  ignores: ['**/*.test.ts'],
  rules: {
    'no-restricted-imports': [
      'error',
      {
        patterns: FOLDERS.filter((other) => other !== folder && !allowed.includes(other)).map((other) => ({
          regex: `^(\\.\\./)+${other}/`,
          message: `${folder}/ may not import from ${other}/: imports point one way (CONTRIBUTING.md).`,
        })),
      },
    ],
  },
}));

export default defineConfig(
  {
    ignores: [
      '**/dist/',
      '**/node_modules/',
      '**/fixtures/',
      'data/',
      'coverage/',
      'tmp/',
      'plugin/.config/',
    ],
  },
  eslint.configs.recommended,
  {
    files: ['**/*.{ts,tsx}'],
    extends: [tseslint.configs.strictTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      '@typescript-eslint/restrict-template-expressions': [
        'error',
        { allowNumber: true, allowBoolean: true },
      ],
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      '@typescript-eslint/no-unused-vars': [
        'error',
        { argsIgnorePattern: '^_', varsIgnorePattern: '^_', ignoreRestSiblings: true },
      ],
      '@typescript-eslint/switch-exhaustiveness-check': 'error',
      '@typescript-eslint/consistent-type-imports': 'error',
      'no-console': 'error',
      eqeqeq: ['error', 'always', { null: 'ignore' }],
    },
  },
  {
    files: ['**/*.test.{ts,tsx}', 'test/**/*.{ts,tsx}', 'bench/**/*.ts'],
    rules: { 'no-console': 'off' },
  },
  {
    // Grafana 12 provisions dashboards of the classic schema, which the SDK calls deprecated for the next one.
    files: ['dashboards/**/*.ts'],
    rules: { '@typescript-eslint/no-deprecated': 'off' },
  },
  {
    files: ['**/*.js'],
    languageOptions: {
      globals: { process: 'readonly', console: 'readonly', URL: 'readonly', performance: 'readonly' },
    },
  },
  { files: ['plugin/src/**/*.{ts,tsx}'], extends: [reactHooks.configs.flat.recommended] },
  ...oneWay,
);
