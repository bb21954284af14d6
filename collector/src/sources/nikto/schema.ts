import * as z from 'zod';
import { text } from '../common/fields.ts';
import { attribute, childText, type XmlElement } from '../xml/read.ts';

export const NiktoHost = z.object({ host: text, ip: text, port: text, banner: text });

/** A test that answered. */
export const NiktoItem = z.object({
  id: text,
  OSVDB: text,
  method: text,
  url: text,
  msg: text,
  references: text,
});
export type NiktoItem = z.infer<typeof NiktoItem>;

export function itemOf(item: XmlElement): NiktoItem {
  return {
    id: attribute(item, 'id'),
    OSVDB: attribute(item, 'osvdbid'),
    method: attribute(item, 'method'),
    url: childText(item, 'uri'),
    // Version 2.1.6 writes CDATA into CDATA.
    msg: childText(item, 'description').replace(/^CDATA\[([\s\S]*)\]$/, '$1'),
    references: childText(item, 'references'),
  };
}
