import type { JsonCursor } from '../json/cursor.ts';
import type { OcsfFields } from './ocsf-fields.ts';

/** Reads one element with every field that may count, in whatever order its keys come. */
export function walkOcsf(cursor: JsonCursor, fields: OcsfFields): void {
  fields.reset();
  cursor.enterObject();
  for (let key = cursor.nextKey(); key !== null; key = cursor.nextKey()) member(cursor, key, fields);
}

function member(cursor: JsonCursor, key: string, fields: OcsfFields): void {
  switch (key) {
    case 'metadata':
      metadata(cursor, fields);
      return;
    case 'status_code':
      fields.statusCode = textOf(cursor);
      return;
    case 'status':
      fields.status = textOf(cursor);
      return;
    case 'status_detail':
      fields.row.detail = textOf(cursor);
      return;
    case 'message':
      fields.message = textOf(cursor);
      return;
    case 'severity':
      fields.row.severity = textOf(cursor);
      return;
    case 'compliance':
      fields.complianceStatus = memberOf(cursor, 'status');
      return;
    case 'unmapped':
      unmapped(cursor, fields);
      return;
    case 'finding_info':
    case 'finding':
      fields.row.findingUid = memberOf(cursor, 'uid');
      return;
    case 'resources':
      resources(cursor, fields);
      return;
    case 'cloud':
      cloud(cursor, fields);
      return;
    case 'time_dt':
      fields.timeDt = textOf(cursor);
      return;
    case 'event_time':
      fields.eventTime = textOf(cursor);
      return;
    case 'time':
      fields.time = textOf(cursor);
      return;
    default:
      cursor.skip();
  }
}

function metadata(cursor: JsonCursor, fields: OcsfFields): void {
  if (!entered(cursor)) return;
  for (let key = cursor.nextKey(); key !== null; key = cursor.nextKey()) {
    if (key === 'event_code') fields.row.checkId = textOf(cursor);
    else if (key === 'product') product(cursor, fields);
    else cursor.skip();
  }
}

function product(cursor: JsonCursor, fields: OcsfFields): void {
  if (!entered(cursor)) return;
  for (let key = cursor.nextKey(); key !== null; key = cursor.nextKey()) {
    if (key === 'name') fields.product = textOf(cursor);
    else if (key === 'version') fields.row.version = textOf(cursor);
    else if (key === 'feature') fields.feature = memberOf(cursor, 'uid');
    else cursor.skip();
  }
}

function unmapped(cursor: JsonCursor, fields: OcsfFields): void {
  if (!entered(cursor)) return;
  for (let key = cursor.nextKey(); key !== null; key = cursor.nextKey()) {
    if (key === 'provider_uid') fields.providerUid = textOf(cursor);
    else if (key === 'provider') fields.provider = textOf(cursor);
    else cursor.skip();
  }
}

/** Prowler names one resource per result; should there be more, the first is what the sentence is about. */
function resources(cursor: JsonCursor, fields: OcsfFields): void {
  if (cursor.kind() !== 'array') {
    cursor.skip();
    return;
  }
  cursor.enterArray();
  for (let index = 0; cursor.nextElement(); index++) {
    if (index === 0) resource(cursor, fields);
    else cursor.skip();
  }
}

function resource(cursor: JsonCursor, fields: OcsfFields): void {
  if (!entered(cursor)) return;
  const { row } = fields;
  for (let key = cursor.nextKey(); key !== null; key = cursor.nextKey()) {
    if (key === 'uid') row.resourceUid = textOf(cursor);
    else if (key === 'name') row.resourceName = textOf(cursor);
    else if (key === 'type') row.resourceType = textOf(cursor);
    else if (key === 'region') row.region = textOf(cursor);
    else if (key === 'namespace') fields.namespace = textOf(cursor);
    else if (key === 'group') row.service = memberOf(cursor, 'name');
    else if (key === 'labels') row.tags = fields.tagsOfLabels(labels(cursor));
    else cursor.skip();
  }
}

function labels(cursor: JsonCursor): string[] {
  const found: string[] = [];
  if (cursor.kind() !== 'array') {
    cursor.skip();
    return found;
  }
  cursor.enterArray();
  while (cursor.nextElement()) found.push(textOf(cursor));
  return found;
}

function cloud(cursor: JsonCursor, fields: OcsfFields): void {
  if (!entered(cursor)) return;
  for (let key = cursor.nextKey(); key !== null; key = cursor.nextKey()) {
    if (key === 'account') account(cursor, fields);
    else if (key === 'provider') fields.row.cloud = textOf(cursor);
    else if (key === 'region') fields.cloudRegion = textOf(cursor);
    else if (key === 'project_uid') fields.projectUid = textOf(cursor);
    else cursor.skip();
  }
}

function account(cursor: JsonCursor, fields: OcsfFields): void {
  if (!entered(cursor)) return;
  for (let key = cursor.nextKey(); key !== null; key = cursor.nextKey()) {
    if (key === 'uid') fields.row.account = textOf(cursor);
    else if (key === 'name') fields.row.accountName = textOf(cursor);
    else cursor.skip();
  }
}

function textOf(cursor: JsonCursor): string {
  return cursor.text() ?? '';
}

/** True with the cursor inside the object; anything else is passed over. */
function entered(cursor: JsonCursor): boolean {
  if (cursor.kind() !== 'object') {
    cursor.skip();
    return false;
  }
  cursor.enterObject();
  return true;
}

function memberOf(cursor: JsonCursor, wanted: string): string {
  let found = '';
  if (!entered(cursor)) return found;
  for (let key = cursor.nextKey(); key !== null; key = cursor.nextKey()) {
    if (key === wanted) found = textOf(cursor);
    else cursor.skip();
  }
  return found;
}
