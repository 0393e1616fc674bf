// No process of its own, but what an operator does with any transfer: find one
// that is ready, claim it through the server, take what is reserved, validate.
// pick, wave, ship, receive and putaway are made of it.
import erp from "k6/x/odoo";

const atHand = 10; // the hand-held shows the oldest so many
const candidates = 3; // after so many lost claims the operator does something else

/**
 * Finds transfers of an operation type that are ready and nobody's, and claims
 * one of the oldest. Whoever claims last has it, so the moves are asked for as
 * mine; none means that a colleague was faster, and the next one is tried.
 * Ends the journey when there is nothing to do.
 * @param {number} type id of the stock.picking.type
 * @param {string[]} fields of the transfer that the process needs
 * @returns {{transfer: object, moves: object[]}}
 */
export function claim(type, fields) {
  const { call } = erp.jsonrpc;
  const me = erp.user().id;

  const found = call("find", "stock.picking", "search_read",
    [[["picking_type_id", "=", type], ["state", "=", "assigned"], ["user_id", "=", false]]],
    { fields, order: "scheduled_date, id", limit: atHand });
  for (let tries = 0; tries < candidates && found.length > 0; tries++) {
    const [transfer] = found.splice(erp.arrival().below(found.length), 1);
    if (!erp.hold("transfer", transfer.id)) {
      continue; // a colleague is at it, and has not said so yet
    }
    call("claim", "stock.picking", "write", [[transfer.id], { user_id: me }]);
    const moves = movesOf([["picking_id", "=", transfer.id], ["picking_id.user_id", "=", me], ["picking_id.state", "=", "assigned"]]);
    if (moves.length > 0) {
      return { transfer, moves };
    }
  }
  erp.nothingToDo();
}

/** The moves that a domain finds, with what is demanded and what is reserved. */
export function movesOf(domain) {
  return erp.jsonrpc.call("moves", "stock.move", "search_read", [domain],
    { fields: ["product_uom_qty", erp.version.reserved_field], order: "id" });
}

/** Takes what is reserved: one write for all moves of a quantity. What is missing is counted as a shortage. */
export function take(moves) {
  const byQuantity = new Map();
  for (const move of moves) {
    const quantity = move[erp.version.reserved_field];
    if (quantity < move.product_uom_qty) {
      erp.released("shortage", move.id);
    }
    byQuantity.set(quantity, [...(byQuantity.get(quantity) || []), move.id]);
  }
  for (const [quantity, ids] of byQuantity) {
    const taken = { [erp.version.done_field]: quantity };
    if (erp.version.picked) {
      taken.picked = true;
    }
    erp.jsonrpc.call("take", "stock.move", "write", [ids, taken]);
  }
}

/**
 * Takes and validates; what was not taken becomes a backorder, without asking.
 * When the ERP refuses, as it does while the carrier is down, the transfer is
 * put back for whoever comes next.
 */
export function finish({ transfer, moves }) {
  const { call } = erp.jsonrpc;
  try {
    take(moves);
    call("validate", "stock.picking", "button_validate", [[transfer.id]], { context: erp.version.validation });
  } catch (refusal) {
    call("release", "stock.picking", "write", [[transfer.id], { user_id: false }]);
    throw refusal;
  }
}
