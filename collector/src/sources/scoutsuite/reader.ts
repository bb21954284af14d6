import { ReportError } from '../../errors.ts';
import type { ReadOptions, ReportInput } from '../adapter.ts';
import { JsonCursor } from '../json/cursor.ts';
import { addPath, descend, pathNode, resolve, type PathNode } from './paths.ts';
import { lastRunSchema, ruleSchema, type LastRun, type RuleTexts } from './schema.ts';

export interface Rule {
  readonly id: string;
  readonly texts: RuleTexts;
  /** Dotted paths below `services`, one per flagged item. */
  readonly items: readonly string[];
  /** Null where the entry is as it should be, else what it lacks. */
  readonly defect: string | null;
}

export interface Service {
  readonly name: string;
  /** Null where the service is null, or has no `findings` object. */
  rules: Rule[] | null;
  /** Keys under `regions`, `subscriptions`, `projects`: null where there is no such container. */
  readonly places: Map<PlaceKind, string[]>;
  /** Why it can't be relied on as a whole; null where it can. */
  defect: string | null;
}

export type PlaceKind = 'regions' | 'subscriptions' | 'projects';

export interface Document {
  readonly provider: string;
  readonly account: string;
  readonly lastRun: LastRun;
  readonly services: readonly Service[];
  /** Facts of the objects on the items' paths, from the services' names on. */
  readonly paths: PathNode;
}

/** Bounds what a hostile file can make us remember; a report of 400 accounts has less than a hundredth. */
const MOST_ITEMS = 2_000_000;
const MOST_SERVICES = 1000;
const MOST_CONTAINERS = 200_000;

/** Names go into cells (`s3@eu-west-1`): no separators of those. */
const SERVICE_NAME = /^[A-Za-z0-9_.-]{1,64}$/;

/** Where a container lies, and whether its paths were known when it was passed. */
interface Passed {
  readonly known: boolean;
  readonly service: string;
  readonly keys: readonly string[];
  readonly start: number;
  readonly end: number;
}

function isPlace(key: string): key is PlaceKind {
  return key === 'regions' || key === 'subscriptions' || key === 'projects';
}

/**
 * One pass over the report. Findings are read, resources skipped, except for those on the path of a finding's item:
 * on the fly where the findings came first (ScoutSuite sorts keys: `regions`, `users`), by reading the container again
 * where it came earlier (`buckets`) or in any other order.
 */
export class ReportReader {
  readonly #input: ReportInput;
  readonly #cursor: JsonCursor;
  readonly #paths = pathNode();
  readonly #services: Service[] = [];
  readonly #passed: Passed[] = [];
  /** Services whose findings have been read, so that their later containers are resolved on the fly. */
  readonly #ready = new Set<string>();
  /** Services that findings of another service point into; their containers are read again. */
  readonly #foreign = new Set<string>();
  #items = 0;
  #provider: string | null = null;
  #account: string | null = null;
  #lastRun: LastRun | null = null;
  #seenServices = false;

  constructor(input: ReportInput, start: number, options: ReadOptions) {
    this.#input = input;
    const progress = options.onProgress === undefined ? {} : { onProgress: options.onProgress };
    this.#cursor = new JsonCursor(input, { start, ...progress });
  }

  /** Offset behind the document. */
  get end(): number {
    return this.#cursor.offset;
  }

  read(): Document {
    const c = this.#cursor;
    c.enterObject();
    for (let key = c.nextKey(); key !== null; key = c.nextKey()) this.#member(key);
    this.#readAgain();
    if (!this.#seenServices) throw this.#wrongShape('it has no services');
    return {
      provider: this.#require(this.#provider, 'provider_code').toLowerCase(),
      account: this.#require(this.#account, 'account_id'),
      lastRun: this.#require(this.#lastRun, 'last_run'),
      services: this.#services,
      paths: this.#paths,
    };
  }

  #require<T>(value: T | null, member: string): T {
    if (value !== null) return value;
    throw this.#wrongShape(`it has no ${member}`);
  }

  #wrongShape(what: string): ReportError {
    return new ReportError(
      'wrong_shape',
      `${this.#input.name}: this looks like a ScoutSuite report, but ${what}`,
      'Give the file scoutsuite_results_*.js as ScoutSuite wrote it (version 5), not a part of it.',
    );
  }

  #member(key: string): void {
    const c = this.#cursor;
    switch (key) {
      case 'account_id':
        this.#account = this.#word(key);
        return;
      case 'provider_code':
        this.#provider = this.#word(key);
        return;
      case 'last_run': {
        const result = lastRunSchema.safeParse(c.value());
        if (!result.success) throw this.#wrongShape('its last_run is no object');
        this.#lastRun = result.data;
        return;
      }
      case 'services':
        if (this.#seenServices) throw this.#wrongShape('it has services twice');
        if (c.kind() !== 'object') throw this.#wrongShape('its services are no object');
        this.#seenServices = true;
        this.#readServices();
        return;
      default:
        c.skip();
    }
  }

  /** An account or provider: text, or a number that is one; null stays "missing". */
  #word(key: string): string | null {
    const kind = this.#cursor.kind();
    if (kind !== 'string' && kind !== 'number' && kind !== 'null')
      throw this.#wrongShape(`its ${key} is no text`);
    const text = this.#cursor.text()?.trim() ?? '';
    if (text.length > 256) throw this.#wrongShape(`its ${key} has ${text.length} characters`);
    return text === '' ? null : text;
  }

  #readServices(): void {
    const c = this.#cursor;
    const seen = new Set<string>();
    c.enterObject();
    for (let name = c.nextKey(); name !== null; name = c.nextKey()) {
      if (seen.has(name)) throw this.#wrongShape(`it has the service ${name} twice`);
      if (!SERVICE_NAME.test(name))
        throw this.#wrongShape('it has a service with a name that no service has');
      if (seen.size >= MOST_SERVICES) throw this.#wrongShape(`it has more than ${MOST_SERVICES} services`);
      seen.add(name);
      this.#services.push(this.#readService(name));
    }
  }

  #readService(name: string): Service {
    const c = this.#cursor;
    const service: Service = { name, rules: null, places: new Map(), defect: null };
    if (c.kind() !== 'object') {
      service.defect = c.kind() === 'null' ? 'the report holds nothing of it' : 'it is no object';
      c.skip();
      return service;
    }
    c.enterObject();
    for (let key = c.nextKey(); key !== null; key = c.nextKey()) {
      const kind = c.kind();
      if (key === 'findings' && kind === 'object') {
        if (service.rules !== null) throw this.#wrongShape(`its service ${name} has findings twice`);
        service.rules = this.#readRules(name);
        this.#ready.add(name);
      } else if (isPlace(key) && kind === 'object') {
        service.places.set(key, this.#readPlaces(name, key));
      } else if (kind === 'object' || kind === 'array') {
        this.#container(name, [key]);
      } else {
        c.skip();
      }
    }
    if (service.rules === null) service.defect = 'it has no findings';
    return service;
  }

  #readPlaces(service: string, kind: PlaceKind): string[] {
    const places: string[] = [];
    this.#cursor.enterObject();
    for (let place = this.#cursor.nextKey(); place !== null; place = this.#cursor.nextKey()) {
      places.push(place);
      this.#container(service, [kind, place]);
    }
    return places;
  }

  /** Takes what the items need of a container, or remembers where it is until they are known. */
  #container(service: string, keys: readonly string[]): void {
    const start = this.#cursor.offset;
    const known = this.#ready.has(service);
    if (known) this.#resolve(this.#cursor, service, keys);
    else this.#cursor.skip();
    if (this.#passed.length >= MOST_CONTAINERS)
      throw this.#wrongShape('it has too many containers of resources');
    this.#passed.push({ known, service, keys, start, end: this.#cursor.offset });
  }

  #resolve(cursor: JsonCursor, service: string, keys: readonly string[]): void {
    let at: PathNode = this.#paths;
    let depth = 0;
    let width = 0;
    for (const key of [service, ...keys]) {
      const below = descend(at, key);
      if (below === null) {
        cursor.skip();
        return;
      }
      at = below.node;
      width = below.segments;
      depth += width;
    }
    const key = keys.at(-1) ?? service;
    resolve(cursor, at, key, keys.at(-2) ?? service, depth, width);
  }

  #readAgain(): void {
    for (const { known, service, keys, start, end } of this.#passed) {
      if (known && !this.#foreign.has(service)) continue;
      let node = descend(this.#paths, service);
      for (const key of keys) node = node === null ? null : descend(node.node, key);
      if (node !== null) this.#resolve(new JsonCursor(this.#input, { start, end }), service, keys);
    }
  }

  #readRules(service: string): Rule[] {
    const c = this.#cursor;
    const rules = new Map<string, Rule>();
    c.enterObject();
    for (let id = c.nextKey(); id !== null; id = c.nextKey()) {
      if (rules.has(id)) throw this.#wrongShape(`it has the rule ${id} twice in one service`);
      rules.set(id, c.kind() === 'object' ? this.#readRule(id, service) : this.#emptyRule(id));
    }
    return [...rules.values()];
  }

  #emptyRule(id: string): Rule {
    this.#cursor.skip();
    return { id, texts: ruleSchema.parse({}), items: [], defect: 'is no object' };
  }

  #readRule(id: string, service: string): Rule {
    const c = this.#cursor;
    const texts = new Map<string, unknown>();
    let items: string[] | null = null;
    let strange = 0;
    c.enterObject();
    for (let key = c.nextKey(); key !== null; key = c.nextKey()) {
      if (key === 'items' && c.kind() === 'array') {
        items ??= [];
        c.enterArray();
        while (c.nextElement()) {
          if (c.kind() === 'string') items.push(this.#item(c.string(), service));
          else {
            strange++;
            c.skip();
          }
        }
      } else if (key in ruleSchema.shape) {
        texts.set(key, c.value());
      } else {
        c.skip();
      }
    }
    const parsed = ruleSchema.parse(Object.fromEntries(texts));
    let defect: string | null = null;
    if (items === null) defect = 'has no items';
    else if (strange > 0) defect = `has ${strange} items that are no paths`;
    else if (typeof parsed.checked_items !== 'number') defect = 'has no checked_items';
    return { id, texts: parsed, items: items ?? [], defect };
  }

  #item(path: string, service: string): string {
    if (++this.#items > MOST_ITEMS) {
      throw new ReportError(
        'too_large',
        `${this.#input.name}: more than ${MOST_ITEMS} flagged items in one report`,
        'Scan fewer services or regions at once, or check where the file comes from.',
      );
    }
    const segments = path.split('.');
    const [first] = segments;
    if (first !== undefined && first !== service) this.#foreign.add(first);
    addPath(this.#paths, segments);
    return path;
  }
}
