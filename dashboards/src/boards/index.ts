import type { Dashboard } from '@grafana/grafana-foundation-sdk/dashboard';
import { account } from './account.ts';
import { compliance } from './compliance.ts';
import { findingsBoard } from './findings.ts';
import { health } from './health.ts';
import { overview } from './overview.ts';
import { perimeter } from './perimeter.ts';
import { publicBoard } from './public.ts';
import { runtime } from './runtime.ts';
import { sla } from './sla.ts';
import { vulnerabilities } from './vulnerabilities.ts';

export const BOARDS: readonly Dashboard[] = [
  overview,
  account,
  findingsBoard,
  sla,
  perimeter,
  vulnerabilities,
  runtime,
  compliance,
  health,
  publicBoard,
];
