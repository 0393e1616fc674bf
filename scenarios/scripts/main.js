// What every virtual user runs: the arrival says which scenario it is to be.
// When arrivals come is the plan's business; no script holds a rate or a pause.
import erp from "k6/x/odoo";

import bi_report from "./bi_report.js";
import buy_and_receive from "./buy_and_receive.js";
import cron from "./cron.js";
import cycle_count from "./cycle_count.js";
import edi_despatch from "./edi_despatch.js";
import edi_order from "./edi_order.js";
import invoice from "./invoice.js";
import month_end from "./month_end.js";
import order_entry from "./order_entry.js";
import order_to_ship from "./order_to_ship.js";
import own from "./own.js";
import pick from "./pick.js";
import purchase from "./purchase.js";
import putaway from "./putaway.js";
import receive from "./receive.js";
import replenish from "./replenish.js";
import scan from "./scan.js";
import ship from "./ship.js";
import wave from "./wave.js";

const scenarios = {
  bi_report, buy_and_receive, cron, cycle_count, edi_despatch, edi_order,
  invoice, month_end, order_entry, order_to_ship, pick, purchase,
  putaway, receive, replenish, scan, ship, wave, ...own,
};

export default function () {
  scenarios[erp.arrival().scenario]();
}
