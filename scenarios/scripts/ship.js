// A packer ships what was picked; the carrier is asked for its label while the ERP validates.
//
// kind: closed, open
// protocol: jsonrpc
// steps: find, claim, moves, take, validate, release
// documents: one delivery, with the lines that its order has
// products: those of the order
// modules: sale_stock
// groups: stock.group_stock_user
// warehouse: two steps
// writes: finished deliveries, and labels of the carrier
import erp from "k6/x/odoo";
import { claim, finish } from "./transfer.js";

export default function () {
  const work = claim(erp.site().out_type, ["sale_id"]);
  finish(work);
  if (work.transfer.sale_id) { // a delivery may be made by hand, without an order
    erp.done("delivery", work.transfer.sale_id[0]);
  }
}
