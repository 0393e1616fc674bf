// A clerk takes an order and confirms it; the stock is reserved and the pick released.
//
// kind: open, closed
// protocol: jsonrpc
// steps: create, confirm
// documents: a sale order, lines by the process' distribution, 1 to 5 units each
// products: by the process' popularity, each at most once in an order
// modules: sale_stock
// groups: sales_team.group_sale_salesman_all_leads
// writes: confirmed sale orders and their transfers
import erp from "k6/x/odoo";

export default function () {
  const { call } = erp.jsonrpc;
  const arrival = erp.arrival();
  const site = erp.site();

  const order = {
    warehouse_id: site.warehouse,
    partner_id: site.partners[arrival.below(site.partners.length)],
    order_line: arrival.lines.map((line) => [0, 0, { product_id: line.product, product_uom_qty: line.quantity }]),
  };
  if (site.carrier) {
    order.carrier_id = site.carrier;
  }
  const id = call("create", "sale.order", "create", [order]);
  // Confirming reserves what there is. What there is not waits in the transfer,
  // and the order with it: a delivery that was released and is not done.
  call("confirm", "sale.order", "action_confirm", [[id]]);
  erp.released("delivery", id);
}
