// Despatch advice out: a gateway fetches what has left since it last looked.
//
// kind: scheduled, open
// protocol: xmlrpc
// steps: find, pickings, moves, partners, sent
// documents: all deliveries that are done and not advised, 200 at most
// products: those of the deliveries
// modules: sale_stock
// groups: stock.group_stock_user
// writes: the mark "printed" on deliveries that were advised
import erp from "k6/x/odoo";

const most = 200; // that go into one transmission

export default function () {
  const { call } = erp.xmlrpc;
  const site = erp.site();

  // Deliveries are not done in the order of their ids: what was sent is marked,
  // or one of them would be forgotten.
  const ids = call("find", "stock.picking", "search",
    [[["picking_type_id", "=", site.out_type], ["state", "=", "done"], ["printed", "=", false]]],
    { order: "date_done, id", limit: most });
  if (ids.length === 0) {
    erp.nothingToDo();
  }
  const fields = ["name", "origin", "partner_id", "date_done", "sale_id"];
  if (site.carrier) {
    fields.push("carrier_tracking_ref");
  }
  const pickings = call("pickings", "stock.picking", "read", [ids, fields]);
  call("moves", "stock.move", "search_read", [[["picking_id", "in", ids], ["state", "=", "done"]]],
    { fields: ["picking_id", "product_id", erp.version.done_field], order: "id" });
  const partners = pickings.filter((picking) => picking.partner_id).map((picking) => picking.partner_id[0]);
  call("partners", "res.partner", "read", [[...new Set(partners)], ["name", "street", "zip", "city", "country_id", "ref"]]);
  call("sent", "stock.picking", "write", [ids, { printed: true }]);
}
