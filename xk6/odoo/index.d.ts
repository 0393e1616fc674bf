/**
 * **k6/x/odoo** lets a script be the journey of one arrival: what arrives, and
 * as whom, is decided by the schedule; the script only does the steps. Every
 * call and step is recorded with its name. All calls are synchronous.
 *
 * ```ts
 * import erp from "k6/x/odoo";
 *
 * export default function () {
 *   const arrival = erp.arrival();
 *   const id = erp.jsonrpc.call("create", "sale.order", "create", [{ partner_id: erp.site().partners[0] }]);
 *   erp.jsonrpc.call("confirm", "sale.order", "action_confirm", [[id]]);
 * }
 * ```
 *
 * @module odoo
 */
export as namespace odoo;

/** One line of the arrival's document. */
export interface Line {
  /** id of a product.product */
  product: number;
  /** its default_code */
  code: string;
  /** units, 1 to 5 */
  quantity: number;
}

/** What is to happen. Everything follows from the arrival's seed, so a replay does the same again. */
export interface Arrival {
  /** number in the run, from 1 */
  id: number;
  /** the plan's name of the process */
  process: string;
  site: string;
  /** the script that serves the process */
  scenario: string;
  /** number of the site's user who acts, from 0 */
  user: number;
  lines: Line[];
  /** the next random number, at least 0 and less than 1 */
  random(): number;
  /** the next random whole number, at least 0 and less than n */
  below(n: number): number;
}

/** What seeding created at the arrival's site. Lists are not to be changed. */
export interface Site {
  name: string;
  database: string;
  /** ids of product.product, the most wanted first */
  products: number[];
  /** ids of res.partner: customers */
  partners: number[];
  /** id of the res.partner that goods are bought from */
  vendor: number;
  /** id of the stock.location that holds the stock */
  stock_location: number;
}

/** What differs between Odoo's versions. */
export interface Version {
  /** 14 to 19 */
  major: number;
  /** as the server tells it, "19.0" */
  text: string;
  /** field of stock.move that takes the quantity done: "quantity" or "quantity_done" */
  done_field: string;
  /** stock.move has a field "picked" to tick */
  picked: boolean;
  /** the door json2 exists */
  json2: boolean;
}

/** XML-RPC or JSON-RPC: positional arguments, of which the first is the list of ids where a method works on records. */
export interface PositionalDoor {
  /**
   * Calls a method as the arrival's user and returns its result. Throws when
   * the call fails; not caught, that ends the journey with the call's outcome.
   * @param step name under which the call is recorded
   */
  call(step: string, model: string, method: string, args?: any[], kwargs?: Record<string, any>): any;
}

/** JSON-2: named arguments only; `ids` is one of them. */
export interface NamedDoor {
  call(step: string, model: string, method: string, named?: Record<string, any>): any;
}

export interface ERP {
  /** the arrival that this virtual user serves */
  arrival(): Arrival;
  site(): Site;
  readonly version: Version;
  /** a web session: what people use */
  readonly jsonrpc: PositionalDoor;
  /** what EDI gateways use */
  readonly xmlrpc: PositionalDoor;
  /** /json/2 with the user's key */
  readonly json2: NamedDoor;
  /** runs fn and records it as one request, of protocol "sql"; returns what fn returns */
  step<T>(name: string, fn: () => T): T;
  /** what `sql.open(driver, …)` takes for the site's database; holds no password */
  database(): string;
  /** ends the journey: it found no work, which is no failure */
  nothingToDo(): never;
}

declare const erp: ERP;
export default erp;
