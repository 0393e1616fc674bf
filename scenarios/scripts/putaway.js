// A fork-lift driver brings what was received from the input area to its shelves.
//
// kind: closed, open
// protocol: jsonrpc
// steps: find, claim, moves, take, validate, release
// documents: one putaway transfer, with the lines that its receipt has
// products: those of the receipt
// modules: stock
// groups: stock.group_stock_user
// warehouse: two steps
// writes: finished putaways
import erp from "k6/x/odoo";
import { claim, finish } from "./transfer.js";

export default function () {
  const work = claim(erp.site().store_type, ["name"]);
  finish(work);
}
