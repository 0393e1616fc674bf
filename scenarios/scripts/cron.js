// The stock scheduler, a job of the ERP's own, is started by hand: it reserves what came in and replenishes.
//
// kind: scheduled
// protocol: jsonrpc
// steps: find, trigger
// documents: every transfer that waits for stock
// products: those of the transfers
// modules: stock
// groups: base.group_system
// user: technical
// writes: reservations, and orders of automatic reordering rules
import erp from "k6/x/odoo";

export default function () {
  const { call } = erp.jsonrpc;

  const [job] = call("find", "ir.model.data", "search_read",
    [[["module", "=", "stock"], ["name", "=", "ir_cron_scheduler_action"]]], { fields: ["res_id"] });
  if (job === undefined) {
    throw new Error("the ERP has no job stock.ir_cron_scheduler_action");
  }
  call("trigger", "ir.cron", "method_direct_trigger", [[job.res_id]]);
}
