import { daySql, upToSql } from "../days.ts";
import { engineTable, history } from "../engine-tables.ts";
import { featureColumn } from "../history/feature-column.ts";
import { featuresOf, type Measure } from "../history/features.ts";
import { salesDaily } from "../spine/sales.ts";
import type { Driver, SeriesFacts } from "./driver.ts";

const paidDays = engineTable({
  name: "paid",
  kind: "table",
  grain: "one row per day, store and product with units sold and an amount, up to the cutoff",
  columns: {
    day: "INTEGER",
    store_id: "INTEGER",
    product_id: "INTEGER",
    units: "INTEGER",
    // In hundredths.
    amount: "BIGINT",
  },
  madeBy: "stageTables",
  readBy: "paid_of_series",
  droppedBy: "seriesSql, when paid_of_series is made",
});

const paidOfSeries = engineTable({
  name: "paid_of_series",
  kind: "table",
  grain: "one row per series and period with units sold, in the order of blocks",
  columns: { n: "INTEGER", period: "INTEGER", observed_price: "BIGINT" },
  madeBy: "seriesSql",
  readBy: "block_paid",
  droppedBy: null,
});

const blockPaid = engineTable({
  name: "block_paid",
  kind: "view",
  grain: "the rows of paid_of_series in the block",
  columns: paidOfSeries.columns,
  madeBy: "planFrame",
  readBy: "history",
  droppedBy: null,
});

const measure: Measure = {
  name: "observed_price",
  over: "mean",
  scale: 100,
  what: "amount paid per unit sold on the day",
};

/**
 * What was paid per unit: historic. Every sale has it, also if the warehouse has no price list. Of a longer period it is the amount
 * divided by the units; a day or period without units has none.
 */
export const observedPrice: Driver = {
  name: "observed_price",
  class: "historic",
  reads: [salesDaily],
  engineTables: [paidDays, paidOfSeries, blockPaid],
  plan: ({ spec, grain, cutoff, recorded, complete, ofStores, ofProducts }) => {
    const [amount, units] = grain.freq === "day" ? ["amount", "units"] : ["sum(amount)", "sum(units)"];
    // In whole numbers, so that halves are rounded up whatever a double makes of them.
    const ratio = `((2 * ${amount} + ${units}) // (2 * ${units}))::BIGINT`;
    const seriesFacts: SeriesFacts = {
      staged: paidDays,
      ofSeries: paidOfSeries,
      ofBlock: blockPaid,
      columns: [{ name: measure.name, sql: ratio }],
      measures: [{ measure, sql: "paid.observed_price" }],
      features: featuresOf(measure, spec.observed_price, grain.freq),
    };
    return {
      staging: [
        {
          table: paidDays,
          query: (where) => `
            SELECT ${daySql("date")}, store_id, product_id, quantity, (total_amount * 100)::bigint
            FROM sales_daily
            WHERE quantity > 0 AND total_amount <> 'NaN'
              AND ${upToSql(cutoff)} AND ${recorded} AND ${complete} AND ${ofStores} AND ${ofProducts} AND ${where}`,
          day: "date",
        },
      ],
      seriesFacts,
      columns: seriesFacts.features.map((feature) => featureColumn(feature, history)),
    };
  },
};
