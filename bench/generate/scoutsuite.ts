import { scoutFindings } from './scout-findings.ts';
import { REGIONS } from './places.ts';
import {
  bucketOf,
  type Estate,
  instanceOf,
  interfaceOf,
  keyOf,
  roleOf,
  securityGroupOf,
  snapshotOf,
  userOf,
  volumeOf,
  vpcId,
  vpcOf,
} from './scout-resources.ts';
import { lengthOf, type Output } from './writer.ts';

export interface ScoutsuiteOptions {
  readonly account: string;
  readonly megabytes: number;
  /** Flagged items over all rules, about. */
  readonly items: number;
  readonly at: number;
}

const VPCS_PER_REGION = 6;

/** As ScoutSuite writes JSON: keys sorted, one line, a blank behind colons only. */
export function scoutJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(scoutJson).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const members = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${members.map(([key, part]) => `${JSON.stringify(key)}: ${scoutJson(part)}`).join(',')}}`;
}

/** A report of `scout aws`: `scoutsuite_results =`, then one line. */
export function writeScoutsuite(output: Output, options: ScoutsuiteOptions): void {
  writeReport(output, options, estateOf(options));
}

/** How many resources make the wanted size: the part that grows is measured, the rest is small. */
function estateOf(options: ScoutsuiteOptions): Estate {
  const { account } = options;
  const probe: Estate = { account, vpcs: REGIONS.length * VPCS_PER_REGION, unitsPerVpc: 2, every: 10 };
  const twice: Estate = { ...probe, unitsPerVpc: 4 };
  const [small, large] = [probe, twice].map((estate) =>
    lengthOf((output) => writeReport(output, options, estate)),
  );
  if (small === undefined || large === undefined) throw new RangeError('nothing was measured');
  const perUnit = (large - small) / 2;
  const unitsPerVpc = Math.max(1, Math.round((options.megabytes * 1e6 - small) / perUnit) + 2);
  // Five resources of a unit can be flagged; the other kinds are few.
  const units = unitsPerVpc * probe.vpcs;
  return { ...probe, unitsPerVpc, every: Math.max(1, Math.round((units * 5) / options.items)) };
}

function writeReport(output: Output, { account, at }: ScoutsuiteOptions, estate: Estate): void {
  const findings = scoutFindings(estate);
  const services = [...findings.keys()].sort();
  const summary = Object.fromEntries(
    [...findings].map(([service, { rules, resources }]) => [
      service,
      {
        checked_items: rules.reduce((sum, rule) => sum + rule.checked, 0),
        flagged_items: rules.reduce((sum, rule) => sum + rule.items.length, 0),
        max_level: 'danger',
        resources_count: resources,
        rules_count: rules.length,
      },
    ]),
  );
  const lastRun = {
    ruleset_about: 'The rules that are considered standard.',
    ruleset_name: 'default',
    run_parameters: { excluded_regions: [], regions: [], services: [], skipped_services: [] },
    summary,
    time: `${new Date(at).toISOString().slice(0, 19).replace('T', ' ')}+0000`,
    version: '5.14.0',
  };
  output.write('scoutsuite_results =\n');
  output.write(`{"account_id": ${JSON.stringify(account)},"environment": null,`);
  output.write(`"last_run": ${scoutJson(lastRun)},"metadata": {},"partition": "aws","provider_code": "aws",`);
  output.write('"provider_name": "Amazon Web Services","result_format": "json","service_groups": {},');
  output.write(`"service_list": ${scoutJson(services)},"services": {`);
  const findingsOf = (service: string): string =>
    `"filters": {},"findings": ${scoutJson(
      Object.fromEntries((findings.get(service)?.rules ?? []).map((rule) => [rule.id, rule.body])),
    )}`;
  const units = estate.vpcs * estate.unitsPerVpc;
  output.write(`"ec2": {${findingsOf('ec2')},"regions": {`);
  for (const [index, region] of REGIONS.entries()) {
    output.write(index === 0 ? '' : ',');
    writeRegion(output, estate, region, index);
  }
  output.write(`},"regions_count": ${REGIONS.length}},`);
  output.write(`"iam": {${findingsOf('iam')},"roles": {`);
  writeMembers(output, 0, Math.ceil(units / 50), (i) => roleOf(estate, i));
  output.write('},"users": {');
  writeMembers(output, 0, Math.ceil(units / 100), (i) => userOf(estate, i));
  output.write(`}},"kms": {${findingsOf('kms')},"regions": {`);
  for (const [index, region] of REGIONS.entries()) {
    const keys = Math.ceil(units / 50 / REGIONS.length);
    output.write(`${index === 0 ? '' : ','}${JSON.stringify(region)}: {"id": "${region}","keys": {`);
    writeMembers(output, index * keys, (index + 1) * keys, (i) => keyOf(estate, region, i));
    output.write(`},"keys_count": ${keys},"name": "${region}"}`);
  }
  output.write(`},"regions_count": ${REGIONS.length}},"s3": {"buckets": {`);
  writeMembers(output, 0, Math.ceil(units / 50), (i) => bucketOf(estate, i));
  output.write(`},${findingsOf('s3')}}},"sg_map": {},"subnet_map": {}}\n`);
}

type Member = readonly [id: string, body: unknown];

function writeMembers(output: Output, from: number, to: number, make: (index: number) => Member): void {
  for (let index = from; index < to; index++) {
    const [id, body] = make(index);
    output.write(`${index === from ? '' : ','}${JSON.stringify(id)}: ${scoutJson(body)}`);
  }
}

/** Region number `index` holds the VPCs from `index * VPCS_PER_REGION` on. */
function writeRegion(output: Output, estate: Estate, region: string, index: number): void {
  const first = index * VPCS_PER_REGION;
  const units = estate.unitsPerVpc;
  const [from, to] = [first * units, (first + VPCS_PER_REGION) * units];
  output.write(
    `${JSON.stringify(region)}: {"id": ${JSON.stringify(region)},"name": "${region}","snapshots": {`,
  );
  writeMembers(output, from, to, (i) => snapshotOf(estate, region, i));
  output.write('},"volumes": {');
  writeMembers(output, from * 2, to * 2, (i) => volumeOf(estate, region, i));
  output.write('},"vpcs": {');
  for (let vpc = first; vpc < first + VPCS_PER_REGION; vpc++) {
    const range = [vpc * units, (vpc + 1) * units] as const;
    output.write(`${vpc === first ? '' : ','}"${vpcId(vpc)}": {${vpcOf(estate, region, vpc)},"instances": {`);
    writeMembers(output, ...range, (i) => instanceOf(estate, region, vpc, i));
    output.write('},"network_interfaces": {');
    writeMembers(output, ...range, (i) => interfaceOf(estate, region, vpc, i));
    output.write('},"security_groups": {');
    writeMembers(output, ...range, (i) => securityGroupOf(estate, region, vpc, i));
    output.write('}}');
  }
  output.write('}}');
}
