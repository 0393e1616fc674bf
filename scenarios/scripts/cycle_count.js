// A counter counts one product on its shelf and confirms what the system has.
//
// kind: closed, open
// protocol: jsonrpc
// steps: read, count, apply
// documents: one product at one of its shelves
// products: the first line's, by the process' popularity
// modules: stock
// groups: stock.group_stock_user
// since: 15
// writes: inventory counts, of what the system has
import erp from "k6/x/odoo";

const recounts = 3; // stock that moves while it is counted is counted again, so often at most

export default function () {
  const { call } = erp.jsonrpc;
  const [{ product }] = erp.arrival().lines;
  const counting = { context: { inventory_mode: true } };

  for (let n = 0; n < recounts; n++) {
    const [quant] = call("read", "stock.quant", "search_read",
      [[["product_id", "=", product], ["location_id", "child_of", erp.site().stock_location]]],
      { fields: ["quantity"], order: "id", limit: 1 });
    if (quant === undefined) {
      erp.nothingToDo(); // never in stock
    }
    if (!erp.hold("shelf", quant.id)) {
      erp.nothingToDo(); // a colleague counts it
    }
    call("count", "stock.quant", "write", [[quant.id], { inventory_quantity: quant.quantity }], counting);
    // An answer is a question: somebody moved the product in between.
    const question = call("apply", "stock.quant", "action_apply_inventory", [[quant.id]], counting);
    if (!question) {
      return;
    }
  }
  erp.nothingToDo(); // too busy a shelf; counted another day
}
