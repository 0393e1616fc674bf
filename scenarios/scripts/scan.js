// A barcode is scanned: which product is it, and how many are there?
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
