// A barcode is scanned; the ERP tells the product and how many there are.
//
// kind: open, closed
// protocol: json2
// steps: lookup
// documents: one product
// products: the first line's, by the process' popularity
// modules: stock
// groups: stock.group_stock_user
import erp from "k6/x/odoo";

export default function () {
  const [{ code }] = erp.arrival().lines;

  const found = erp.json2.call("lookup", "product.product", "search_read", {
    domain: [["default_code", "=", code]],
    fields: ["name", "qty_available"],
  });
  if (found.length === 0) {
    throw new Error(`no product has the code ${code}`);
  }
}
