// A partner's order out of an EDI batch, as a gateway passes it on.
//
// kind: batched, open
// protocol: xmlrpc
// steps: seek, create, confirm
// documents: a sale order, lines by the process' distribution, 1 to 5 units each
// products: by the process' popularity, each at most once in an order
// modules: sale_stock
// groups: sales_team.group_sale_salesman_all_leads
// writes: confirmed sale orders and their transfers
import erp from "k6/x/odoo";

export default function () {
  const { call } = erp.xmlrpc;
  const arrival = erp.arrival();
  const site = erp.site();
  const reference = `EDI-${arrival.run}-${arrival.process}-${arrival.id}`;
  const order = {
    warehouse_id: site.warehouse,
    partner_id: site.partners[arrival.below(site.partners.length)],
    client_order_ref: reference,
    order_line: arrival.lines.map((line) => [0, 0, { product_id: line.product, product_uom_qty: line.quantity }]),
  };
  if (site.carrier) {
    order.carrier_id = site.carrier;
  }

  // A gateway that got no answer does not know whether the ERP has the order:
  // before it sends it again, it looks.
  let known;
  if (arrival.attempt > 1) {
    [known] = call("seek", "sale.order", "search_read",
      [[["client_order_ref", "=", reference], ["warehouse_id", "=", site.warehouse]]], { fields: ["state"], limit: 1 });
  }
  const id = known ? known.id : call("create", "sale.order", "create", [order]);
  if (known === undefined || known.state === "draft") {
    call("confirm", "sale.order", "action_confirm", [[id]]);
  }
  erp.released("delivery", id);
}
