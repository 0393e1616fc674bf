// A delivered order is invoiced: found, invoiced by the wizard, posted.
//
// kind: open, closed
// protocol: jsonrpc
// steps: find, wizard, create, read, post
// documents: one of the oldest orders that are delivered and not invoiced
// products: those of the order
// modules: sale_stock, account
// groups: sales_team.group_sale_salesman_all_leads, account.group_account_invoice
// writes: posted invoices
import erp from "k6/x/odoo";

// Clerks work off the oldest orders; each takes one of so many, so that they
// seldom take the same.
const atHand = 8;

export default function () {
  const { call } = erp.jsonrpc;

  const [order] = call("find", "sale.order", "search_read", [[["invoice_status", "=", "to invoice"], ["company_id", "=", erp.site().company]]], {
    fields: ["invoice_ids"], order: "id", offset: erp.arrival().below(atHand), limit: 1,
  });
  if (order === undefined) {
    erp.nothingToDo();
  }

  const wizard = call("wizard", "sale.advance.payment.inv", "create", [{
    advance_payment_method: "delivered", sale_order_ids: [[6, 0, [order.id]]],
  }]);
  call("create", "sale.advance.payment.inv", "create_invoices", [[wizard]]);

  // Only what is new is a draft.
  const [{ invoice_ids }] = call("read", "sale.order", "read", [[order.id], ["invoice_ids"]]);
  const drafts = invoice_ids.filter((id) => !order.invoice_ids.includes(id));
  if (drafts.length === 0) {
    throw new Error(`order ${order.id} was invoiced and has no new invoice`);
  }
  call("post", "account.move", "action_post", [drafts]);
}
