// What every virtual user runs: the arrival says which scenario it is to be.
// When arrivals come is the plan's business; no script holds a rate or a pause.
import erp from "k6/x/odoo";

import bi_report from "./bi_report.js";
import edi_order from "./edi_order.js";
import invoice from "./invoice.js";
import order from "./order.js";
import receive from "./receive.js";
import scan from "./scan.js";

const scenarios = { bi_report, edi_order, invoice, order, receive, scan };

export default function () {
  scenarios[erp.arrival().scenario]();
}
