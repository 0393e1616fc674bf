// The month-end close: invoices in bulk, all drafts posted, stock valued, receivables by age.
//
// kind: scheduled, open
// protocol: jsonrpc
// steps: find, wizard, create, drafts, post, valuation, ageing
// documents: up to 200 delivered orders, up to 500 draft invoices
// products: those of the orders; all for the valuation
// modules: sale_stock, account, stock_account
// groups: sales_team.group_sale_salesman_all_leads, account.group_account_invoice
// writes: posted invoices, of all that the company has as drafts
import erp from "k6/x/odoo";

const orders = 200; // invoiced in one call
const drafts = 500; // posted in one call

export default function () {
  const { call } = erp.jsonrpc;
  const ours = ["company_id", "=", erp.site().company];

  const due = call("find", "sale.order", "search", [[["invoice_status", "=", "to invoice"], ours]], { order: "id", limit: orders });
  if (due.length > 0) {
    const wizard = call("wizard", "sale.advance.payment.inv", "create", [{
      advance_payment_method: "delivered", sale_order_ids: [[6, 0, due]],
    }]);
    call("create", "sale.advance.payment.inv", "create_invoices", [[wizard]]);
  }
  const open = call("drafts", "account.move", "search",
    [[["state", "=", "draft"], ["move_type", "in", ["out_invoice", "out_refund"]], ours]], { order: "id", limit: drafts });
  if (open.length > 0) {
    call("post", "account.move", "action_post", [open]);
  }

  if (erp.version.valuation_layers) {
    call("valuation", "stock.valuation.layer", "read_group", [[ours], ["quantity:sum", "value:sum"], ["product_id"]], { lazy: false });
  } else {
    call("valuation", "stock_account.stock.valuation.report", "get_report_values");
  }
  call("ageing", "account.move.line", "read_group",
    [[[erp.version.account_type_field, "=", erp.version.receivable], ["parent_state", "=", "posted"], ["reconciled", "=", false], ours],
      ["amount_residual:sum"], ["partner_id", "date_maturity:month"]], { lazy: false });
}
