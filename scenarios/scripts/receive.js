// Goods of a purchase arrive at the dock, are counted and received into the input area.
//
// kind: closed, open
// protocol: jsonrpc
// steps: find, claim, moves, take, validate
// documents: one receipt, with the lines that its purchase has
// products: those of the purchase
// modules: purchase_stock
// groups: stock.group_stock_user
// warehouse: two steps
// writes: finished receipts
import erp from "k6/x/odoo";
import { claim, take, validate } from "./transfer.js";

export default function () {
  const { transfer, moves } = claim(erp.site().in_type, ["purchase_id"]);
  take(moves);
  validate(transfer);
  if (transfer.purchase_id) { // goods may come without a purchase
    erp.done("receipt", transfer.purchase_id[0]);
  }
}
