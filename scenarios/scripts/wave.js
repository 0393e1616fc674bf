// A picker takes the goods of several orders in one round, as a batch transfer.
//
// kind: closed, open
// protocol: jsonrpc
// steps: find, batch, confirm, moves, take, done, release
// documents: up to 8 pick transfers, with the lines that their orders have
// products: those of the orders
// modules: sale_stock, stock_picking_batch
// groups: stock.group_stock_user
// warehouse: two steps
// writes: batch transfers and finished picks
import erp from "k6/x/odoo";
import { movesOf, take } from "./transfer.js";

const orders = 8; // that go into one trolley

export default function () {
  const { call } = erp.jsonrpc;
  const type = erp.site().pick_type;

  const found = call("find", "stock.picking", "search_read",
    [[["picking_type_id", "=", type], ["state", "=", "assigned"], ["user_id", "=", false], ["batch_id", "=", false]]],
    { fields: ["name"], order: "scheduled_date, id", limit: orders }).filter((transfer) => erp.hold("transfer", transfer.id));
  if (found.length === 0) {
    erp.nothingToDo();
  }
  const batch = call("batch", "stock.picking.batch", "create",
    [{ user_id: erp.user().id, picking_type_id: type, picking_ids: [[6, 0, found.map((transfer) => transfer.id)]] }]);
  let moves;
  try {
    call("confirm", "stock.picking.batch", "action_confirm", [[batch]]);
    // A transfer that a colleague has put into his batch since has left this one.
    moves = movesOf([["picking_id.batch_id", "=", batch], ["state", "in", ["assigned", "partially_available"]]]);
    if (moves.length > 0) {
      take(moves);
      call("done", "stock.picking.batch", "action_done", [[batch]], { context: erp.version.validation });
    }
  } catch (refusal) {
    release(batch);
    throw refusal;
  }
  if (moves.length === 0) {
    erp.nothingToDo();
  }
}

// What the ERP refused is put back for whoever comes next, unless it was done
// all the same and only the answer was lost.
function release(batch) {
  const { call } = erp.jsonrpc;
  const [open] = call("release", "stock.picking.batch", "search", [[["id", "=", batch], ["state", "!=", "done"], ["state", "!=", "cancel"]]]);
  if (open) {
    call("release", "stock.picking.batch", "write", [[batch], { user_id: false }]);
    call("release", "stock.picking.batch", "action_cancel", [[batch]]);
  }
}
