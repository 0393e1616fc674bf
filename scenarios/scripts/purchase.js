// A buyer orders goods of a vendor and confirms; the receipt is released.
//
// kind: open, closed
// protocol: jsonrpc
// steps: create, confirm
// documents: a purchase order, lines by the process' distribution, 1 to 5 units each
// products: by the process' popularity, each at most once in a purchase
// modules: purchase_stock
// groups: purchase.group_purchase_user
// writes: confirmed purchase orders and their receipts
import erp from "k6/x/odoo";

const price = 10; // of a unit; what it is does not change the work

export default function () {
  const { call } = erp.jsonrpc;
  const site = erp.site();

  const id = call("create", "purchase.order", "create", [{
    partner_id: site.vendor,
    picking_type_id: site.in_type,
    order_line: erp.arrival().lines.map((line) => [0, 0, {
      product_id: line.product, product_qty: line.quantity, price_unit: price,
    }]),
  }]);
  call("confirm", "purchase.order", "button_confirm", [[id]]);
  erp.released("receipt", id);
}
