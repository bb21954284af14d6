import type { Place } from '../common/place.ts';
import { firstOf, orNull } from '../common/values.ts';
import { workloadName } from '../common/workload.ts';
import type { FalcoEvent } from './schema.ts';

/** Whom an event is about. */
export interface Subject {
  readonly cloud: string;
  readonly account: string;
  readonly region: string;
  readonly type: string;
  readonly id: string;
  readonly name: string | null;
}

/** Fields that name the cluster: not Falco's own, set by its operators (`append_output`, falcosidekick's custom fields). */
const CLUSTER_FIELDS = ['k8s.cluster.name', 'k8s.cluster', 'cluster.name', 'cluster', 'k8s_cluster'];
const CONTROLLERS = [
  ['k8s.deployment.name', 'Deployment'],
  ['k8s.daemonset.name', 'DaemonSet'],
  ['k8s.statefulset.name', 'StatefulSet'],
  ['k8s.job.name', 'Job'],
  ['k8s.rs.name', 'ReplicaSet'],
  ['k8s.rc.name', 'ReplicationController'],
] as const;
/** What Falco writes for a field that has no value. */
const NO_VALUE = /^(?:<NA>|null|N\/A|host)?$/i;

function fieldOf(event: FalcoEvent, ...names: readonly string[]): string {
  const { output_fields: fields } = event;
  for (const name of names) {
    const value = Object.hasOwn(fields, name) ? (fields[name] ?? '') : '';
    if (!NO_VALUE.test(value)) return value;
  }
  return '';
}

/**
 * The workload rather than the pod, and the container's name rather than its id: what stays the same when it is started anew.
 */
export function subjectOf(event: FalcoEvent, place: Place | undefined): Subject {
  const account = fieldOf(
    event,
    'ct.user.accountid',
    'ct.recipientaccountid',
    'aws.account.id',
    'aws.accountID',
  );
  if (account !== '' || event.source === 'aws_cloudtrail') return ofCloudTrail(event, account, place);
  const cluster = firstOf(fieldOf(event, ...CLUSTER_FIELDS), place?.account);
  const namespace = fieldOf(event, 'k8s.ns.name', 'ka.target.namespace');
  const pod = fieldOf(event, 'k8s.pod.name');
  if (namespace !== '' || pod !== '' || event.source === 'k8s_audit') {
    return ofKubernetes(event, cluster, namespace, pod, place);
  }
  const container = fieldOf(event, 'container.name', 'container.id');
  const host = firstOf(event.hostname, fieldOf(event, 'hostname', 'evt.hostname')) || 'unknown host';
  return {
    cloud: place?.cloud ?? (cluster === '' ? 'host' : 'kubernetes'),
    account: cluster || 'hosts',
    region: 'global',
    type: container === '' ? 'host' : 'container',
    id: container === '' ? host : `${host}/${container}`,
    name: orNull(container) ?? host,
  };
}

function ofKubernetes(
  event: FalcoEvent,
  cluster: string,
  namespace: string,
  pod: string,
  place: Place | undefined,
): Subject {
  const controller = CONTROLLERS.find(([field]) => fieldOf(event, field) !== '');
  const target = fieldOf(event, 'ka.target.name');
  const [kind, raw] =
    controller !== undefined
      ? [controller[1], fieldOf(event, controller[0])]
      : pod !== ''
        ? ['Pod', pod]
        : [firstOf(fieldOf(event, 'ka.target.resource')) || 'Namespace', target || namespace];
  const name = workloadName(kind, raw);
  const container = fieldOf(event, 'container.name', 'k8s.container.name');
  return {
    cloud: place?.cloud ?? 'kubernetes',
    account: cluster || 'cluster',
    region: namespace === '' ? 'global' : namespace.toLowerCase(),
    type: kind,
    id: `${kind}/${name}${container === '' || container === name ? '' : `/${container}`}`,
    name: orNull(pod) ?? name,
  };
}

function ofCloudTrail(event: FalcoEvent, account: string, place: Place | undefined): Subject {
  const user = fieldOf(event, 'ct.user.arn', 'ct.user.principalid', 'ct.user');
  return {
    cloud: 'aws',
    account: firstOf(account, place?.account) || 'unknown',
    region: fieldOf(event, 'ct.region', 'aws.region').toLowerCase() || 'global',
    type: 'user',
    id: user || fieldOf(event, 'ct.src', 'ct.srcip') || 'unknown user',
    name: orNull(fieldOf(event, 'ct.user')),
  };
}
