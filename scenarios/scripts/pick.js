// A picker takes the goods of one order from the shelves to the output area.
//
// kind: closed, open
// protocol: jsonrpc
// steps: find, claim, moves, take, validate, release
// documents: one pick transfer, with the lines that its order has
// products: those of the order
// modules: sale_stock
// groups: stock.group_stock_user
// warehouse: two steps
// writes: finished picks
import erp from "k6/x/odoo";
import { claim, finish } from "./transfer.js";

export default function () {
  const work = claim(erp.site().pick_type, ["name"]);
  finish(work);
}
