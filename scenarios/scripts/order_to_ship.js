// An order in one go, at a site that ships in one step: taken, confirmed, picked and shipped.
//
// kind: open, closed
// protocol: jsonrpc
// steps: create, confirm, read_order, read_moves, pick, ship
// documents: a sale order, lines by the process' distribution, 1 to 5 units each
// products: by the process' popularity, each at most once in an order
// modules: sale_stock
// groups: sales_team.group_sale_salesman_all_leads, stock.group_stock_user
// warehouse: one step
// writes: shipped sale orders
import erp from "k6/x/odoo";

export default function () {
  const { call } = erp.jsonrpc;
  const arrival = erp.arrival();
  const site = erp.site();

  const values = {
    warehouse_id: site.warehouse,
    partner_id: site.partners[arrival.below(site.partners.length)],
    order_line: arrival.lines.map((line) => [0, 0, { product_id: line.product, product_uom_qty: line.quantity }]),
  };
  if (site.carrier) {
    values.carrier_id = site.carrier;
  }
  const order = call("create", "sale.order", "create", [values]);
  // Confirming reserves stock and makes the delivery.
  call("confirm", "sale.order", "action_confirm", [[order]]);
  erp.released("delivery", order);

  const [{ picking_ids }] = call("read_order", "sale.order", "read", [[order], ["picking_ids"]]);
  if (picking_ids.length === 0) {
    throw new Error(`order ${order} was confirmed and has no delivery`);
  }
  const pickings = call("read_moves", "stock.picking", "read", [picking_ids, [erp.version.moves_field]]);
  const moves = pickings.flatMap((picking) => picking[erp.version.moves_field]).sort((a, b) => a - b);
  if (moves.length !== arrival.lines.length) {
    throw new Error(`order ${order} has ${arrival.lines.length} lines and ${moves.length} moves`);
  }

  // The picker takes what was ordered: one write for all moves of a quantity.
  // Moves are numbered in the order of their lines.
  const byQuantity = new Map();
  moves.forEach((move, i) => {
    const { quantity } = arrival.lines[i];
    byQuantity.set(quantity, [...(byQuantity.get(quantity) || []), move]);
  });
  for (const [quantity, ids] of byQuantity) {
    const done = { [erp.version.done_field]: quantity };
    if (erp.version.picked) {
      done.picked = true;
    }
    call("pick", "stock.move", "write", [ids, done]);
  }
  call("ship", "stock.picking", "button_validate", [picking_ids], { context: erp.version.validation });
  erp.done("delivery", order);
}
