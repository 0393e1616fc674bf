// Goods come in: a purchase is ordered, and received at once.
import erp from "k6/x/odoo";

const price = 10; // of a unit; what it is does not change the work

export default function () {
  const { call } = erp.jsonrpc;

  const purchase = call("create", "purchase.order", "create", [{
    partner_id: erp.site().vendor,
    order_line: erp.arrival().lines.map((line) => [0, 0, {
      product_id: line.product, product_qty: line.quantity, price_unit: price,
    }]),
  }]);
  call("confirm", "purchase.order", "button_confirm", [[purchase]]);

  const [{ picking_ids }] = call("read", "purchase.order", "read", [[purchase], ["picking_ids"]]);
  if (picking_ids.length === 0) {
    throw new Error(`purchase ${purchase} was confirmed and has no receipt`);
  }
  call("validate", "stock.picking", "button_validate", [picking_ids]);
}
