// Goods in one go, at a site that receives in one step: purchased, and received at once.
//
// kind: open, closed
// protocol: jsonrpc
// steps: create, confirm, read, validate
// documents: a purchase order, lines by the process' distribution, 1 to 5 units each
// products: by the process' popularity, each at most once in a purchase
// modules: purchase_stock
// groups: purchase.group_purchase_user, stock.group_stock_user
// warehouse: one step
// since: 17
// writes: received purchase orders
import erp from "k6/x/odoo";

const price = 10; // of a unit; what it is does not change the work

export default function () {
  const { call } = erp.jsonrpc;
  const site = erp.site();

  const purchase = call("create", "purchase.order", "create", [{
    partner_id: site.vendor,
    picking_type_id: site.in_type,
    order_line: erp.arrival().lines.map((line) => [0, 0, {
      product_id: line.product, product_qty: line.quantity, price_unit: price,
    }]),
  }]);
  call("confirm", "purchase.order", "button_confirm", [[purchase]]);
  erp.released("receipt", purchase);

  const [{ picking_ids }] = call("read", "purchase.order", "read", [[purchase], ["picking_ids"]]);
  if (picking_ids.length === 0) {
    throw new Error(`purchase ${purchase} was confirmed and has no receipt`);
  }
  // From 17 on what was ordered counts as received unless something else is said.
  call("validate", "stock.picking", "button_validate", [picking_ids], { context: erp.version.validation });
  erp.done("receipt", purchase);
}
