// A reporting tool reads the database directly, past the ERP.
//
// kind: open, scheduled
// protocol: sql
// steps: stock_by_product, orders_by_day
// documents: all stock of the site and all orders
// products: all
// modules: sale_stock
import erp from "k6/x/odoo";
import sql from "k6/x/sql";
import postgres from "k6/x/sql/driver/pgx";

const stockByProduct = `
  SELECT product_id, sum(quantity) AS quantity, sum(reserved_quantity) AS reserved, count(*) OVER () AS total
    FROM stock_quant
   WHERE location_id IN (SELECT id FROM stock_location WHERE $1 IN (id, location_id)) -- the shelves below it as well
   GROUP BY product_id
   ORDER BY product_id`;

const ordersByDay = `
  SELECT o.date_order::date::text AS day, o.state, count(DISTINCT o.id) AS orders,
         count(l.id) AS lines, sum(l.product_uom_qty) AS units, count(*) OVER () AS total
    FROM sale_order o
    JOIN sale_order_line l ON l.order_id = o.id
   GROUP BY 1, 2
   ORDER BY 1, 2`;

// Each row tells how many there are, because a read that breaks off in the
// middle looks to xk6-sql like one that came to its end.
function read(db, query, ...args) {
  const rows = db.query(query, ...args);
  if (rows.length > 0 && rows[0].total !== rows.length) {
    throw new Error(`${rows.length} of ${rows[0].total} rows came before the read broke off`);
  }
}

export default function () {
  const db = sql.open(postgres, erp.database(), { max_open_conns: 1 });
  try {
    erp.step("stock_by_product", () => read(db, stockByProduct, erp.site().stock_location));
    erp.step("orders_by_day", () => read(db, ordersByDay));
  } finally {
    db.close();
  }
}
