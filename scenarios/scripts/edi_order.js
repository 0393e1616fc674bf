// A partner's order out of an EDI batch, as a gateway passes it on.
import erp from "k6/x/odoo";

export default function () {
  const { call } = erp.xmlrpc;
  const arrival = erp.arrival();
  const site = erp.site();

  const order = call("create", "sale.order", "create", [{
    partner_id: site.partners[arrival.below(site.partners.length)],
    order_line: arrival.lines.map((line) => [0, 0, { product_id: line.product, product_uom_qty: line.quantity }]),
  }]);
  call("confirm", "sale.order", "action_confirm", [[order]]);
}
