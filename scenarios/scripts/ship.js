// A packer ships what was picked; the carrier is asked for its label while the ERP validates.
//
// kind: closed, open
// protocol: jsonrpc
// steps: find, claim, moves, take, validate
// documents: one delivery, with the lines that its order has
// products: those of the order
// modules: sale_stock
// groups: stock.group_stock_user
// warehouse: two steps
// writes: finished deliveries, and labels of the carrier
import erp from "k6/x/odoo";
import { claim, take, validate } from "./transfer.js";

export default function () {
  const { transfer, moves } = claim(erp.site().out_type, ["sale_id"]);
  take(moves);
  validate(transfer);
  if (transfer.sale_id) { // a delivery may be made by hand, without an order
    erp.done("delivery", transfer.sale_id[0]);
  }
}
