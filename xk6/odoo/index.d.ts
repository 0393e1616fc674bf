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
  /** how it came: an operator's journey is "closed" */
  kind: "open" | "batched" | "scheduled" | "closed";
  /** when its document is to be done, in seconds since the run's start; null when it has no due time */
  due: number | null;
  /** from 1; more when a partner's gateway sends the document again, with the same lines and the same random numbers */
  attempt: number;
  /** the run's own mark, another one each time: for what must not be taken for an earlier run's in a database that was not made anew */
  run: string;
  /** the next random number, at least 0 and less than 1 */
  random(): number;
  /** the next random whole number, at least 0 and less than n */
  below(n: number): number;
}

/**
 * What seeding created at the arrival's site. Lists cannot be changed; copy one
 * by `slice()`. Ids are 0 where the site has none of it.
 */
export interface Site {
  name: string;
  database: string;
  /** id of the res.company; where several sites share a database, every call has it in its context's allowed_company_ids */
  company: number;
  /** id of the stock.warehouse */
  warehouse: number;
  /** goods go over an input and an output area: picks and putaways are transfers of their own */
  two_step: boolean;
  /** id of the delivery.carrier that makes labels */
  carrier: number;
  /** ids of stock.picking.type: picks to the output area, deliveries, receipts, putaways from the input area */
  pick_type: number;
  out_type: number;
  in_type: number;
  store_type: number;
  /** ids of the stock.location of the input and of the output area */
  input: number;
  output: number;
  /** default_code of each product, in their order */
  codes: string[];
  /** paths of product pages in the web shop */
  shop_pages: string[];
  /** ids of product.product, the most wanted first */
  products: number[];
  /** ids of res.partner: customers */
  partners: number[];
  /** id of the res.partner that goods are bought from */
  vendor: number;
  /** id of the stock.location that holds the stock */
  stock_location: number;
  /** ids of the shelves below it: the product of rank r is kept at bins[r % bins.length]; when there are none, at stock_location */
  bins: number[];
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
  /** field of stock.picking that lists its moves: "move_ids" or "move_lines" */
  moves_field: string;
  /** field of stock.move that says what is reserved for it: "quantity" or "reserved_availability" */
  reserved_field: string;
  /** context in which validating a transfer or a batch asks nothing back: what was not taken becomes a backorder */
  validation: Record<string, boolean>;
  /** what stock is worth is in stock.valuation.layer; else the report stock_account.stock.valuation.report says it */
  valuation_layers: boolean;
  /** path of a journal item's account type, and what it is for what customers owe */
  account_type_field: string;
  receivable: string;
  /** the door json2 exists */
  json2: boolean;
}

/** Who acts. */
export interface User {
  /** id of the res.users; 0 when the scenario does not log in */
  id: number;
  login: string;
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
  /** the arrival's user */
  user(): User;
  /**
   * Work on a document became possible now, such as picking by an order that
   * was confirmed. Its due time is the arrival's.
   * @param kind "delivery" (id of the sale.order), "receipt" (id of the purchase.order), or a word of your own
   */
  released(kind: string, id: number): void;
  /** The work on a document is finished now, whoever released it. */
  done(kind: string, id: number): void;
  /**
   * How far the site's messages of a kind have come: the last id that was kept,
   * 0 at first. With an id it keeps that one; an earlier one than is kept is
   * ignored. All virtual users share it, for the length of a run.
   */
  since(kind: string, id?: number): number;

  /**
   * Takes a thing into the operator's hand until the journey ends: false when a
   * colleague at the site has it. A claim on the server can be lost to one who
   * claims a moment later; with this, two operators of one generator never work
   * on one document.
   */
  hold(kind: string, id: number): boolean;
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
