import * as z from 'zod';
import { listOf, text } from '../common/fields.ts';
import { childNamed, childrenNamed, childText, type XmlElement } from '../xml/read.ts';

const Instance = z.object({ uri: text, method: text, param: text });

/** One kind of problem on one site, with the requests that showed it. */
export const Alert = z.object({
  pluginid: text,
  alertRef: text,
  alert: text,
  name: text,
  riskcode: text,
  confidence: text,
  desc: text,
  solution: text,
  reference: text,
  cweid: text,
  count: text,
  instances: listOf(Instance),
});
export type Alert = z.infer<typeof Alert>;

export const Site = z.object({ '@name': text, '@host': text, '@port': text, '@ssl': text });

export function alertOf(item: XmlElement): Alert {
  const of = (name: string): string => childText(item, name);
  const instances = childNamed(item, 'instances');
  // Before 2.5 an alert had one request, in the item itself.
  const requests = instances === undefined ? [item] : childrenNamed(instances, 'instance');
  return {
    pluginid: of('pluginid'),
    alertRef: of('alertRef'),
    alert: of('alert'),
    name: of('name'),
    riskcode: of('riskcode'),
    confidence: of('confidence'),
    desc: of('desc'),
    solution: of('solution'),
    reference: of('reference'),
    cweid: of('cweid'),
    count: of('count'),
    instances: requests.map((request) => ({
      uri: childText(request, 'uri'),
      method: childText(request, 'method'),
      param: childText(request, 'param'),
    })),
  };
}
