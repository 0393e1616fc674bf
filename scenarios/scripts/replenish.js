// The replenishment run: what has fallen below its minimum is ordered.
//
// kind: scheduled, open
// protocol: jsonrpc
// steps: find, replenish
// documents: up to 50 reordering rules
// products: those of the rules, which seeding makes
// modules: purchase_stock
// groups: stock.group_stock_manager
// writes: draft purchase orders
import erp from "k6/x/odoo";

const most = 50; // rules in one call

export default function () {
  const { call } = erp.jsonrpc;

  const low = call("find", "stock.warehouse.orderpoint", "search_read",
    [[["warehouse_id", "=", erp.site().warehouse], ["qty_to_order", ">", 0]]], { fields: ["qty_to_order"], order: "id", limit: most });
  if (low.length === 0) {
    erp.nothingToDo();
  }
  call("replenish", "stock.warehouse.orderpoint", "action_replenish", [low.map((rule) => rule.id)]);
}
