// Goods of a purchase arrive at the dock, are counted and received into the input area.
//
// kind: closed, open
// protocol: jsonrpc
// steps: find, claim, moves, take, validate, release
// documents: one receipt, with the lines that its purchase has
// products: those of the purchase
// modules: purchase_stock
// groups: stock.group_stock_user
// warehouse: two steps
// writes: finished receipts
import erp from "k6/x/odoo";
import { claim, finish } from "./transfer.js";

export default function () {
  const work = claim(erp.site().in_type, ["purchase_id"]);
  finish(work);
  if (work.transfer.purchase_id) { // goods may come without a purchase
    erp.done("receipt", work.transfer.purchase_id[0]);
  }
}
