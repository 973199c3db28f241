/*
 * The tables and views of DuckDB that a frame is built with, in the order of the pipeline:
 *
 *   extract    store, product, sales, sold, and the staging tables of the drivers
 *   prepare    open_period, series, sales_of_series, and what drivers make once for all series
 *   compute    for each block of series: block_series, block_sales, history, what drivers make for a block, block_rows if there are
 *              several cutoffs, for each of these and both frames frame_rows, and for each of these block_demand and block_readiness
 *   publish    frame_output_block, if the frame is partitioned
 *
 * The tables of a block are replaced for the next one. The tables of a driver are declared in its file; {@link engineTablesOf} collects all of them. The audit builds the same tables in
 * a schema of its own, which it drops after each frame.
 *
 * In all of them `day` is a number of days since 1970-01-01, `period` the number of a period of the frame (see grain.ts), `store_id`
 * and `product_id` are the keys of the warehouse, and `n` is the number of a series in the order of the frame.
 */

interface Declaration {
  readonly name: string;
  readonly kind: "table" | "view";
  /** What a row is. */
  readonly grain: string;
  /** Names and types, as DuckDB spells them. A frame may lack a column that its spec does not need. */
  readonly columns: Readonly<Record<string, string>>;
  /** Further columns: one DOUBLE per feature, or the columns of the frame. */
  readonly further?: "features" | "columns of the frame";
  readonly madeBy: string;
  readonly readBy: string;
  /** Null: it lasts as long as the engine. */
  readonly droppedBy: string | null;
}

/** A declared table or view of DuckDB. In a template literal of SQL it is its name. */
export interface EngineTable extends Declaration {
  toString(): string;
}

export const engineTable = (declaration: Declaration): EngineTable => ({
  ...declaration,
  toString: () => declaration.name,
});

// ---- extract

export const store = engineTable({
  name: "store",
  kind: "table",
  grain: "one row per selected store, with its attributes",
  columns: {
    store_id: "INTEGER",
    store_code: "VARCHAR",
    store_region: "VARCHAR",
    store_city: "VARCHAR",
    store_type: "VARCHAR",
  },
  madeBy: "stageTables",
  readBy: "series",
  droppedBy: null,
});

export const product = engineTable({
  name: "product",
  kind: "table",
  grain: "one row per selected product, with its attributes",
  columns: {
    product_id: "INTEGER",
    sku: "VARCHAR",
    category: "VARCHAR",
    brand: "VARCHAR",
    base_price: "DOUBLE",
    base_cost: "DOUBLE",
  },
  madeBy: "stageTables",
  readBy: "series",
  droppedBy: null,
});

export const sales = engineTable({
  name: "sales",
  kind: "table",
  grain: "one row per day, store and product: the sales of the selected series up to the cutoff",
  columns: {
    day: "INTEGER",
    store_id: "INTEGER",
    product_id: "INTEGER",
    quantity: "INTEGER",
    // In hundredths, if it is the target.
    amount: "BIGINT",
  },
  madeBy: "stageTables",
  readBy: "open_period, series, sales_of_series, the counts of the manifest",
  droppedBy: "computeFrame, before the first block",
});

export const reported = engineTable({
  name: "reported",
  kind: "table",
  grain: "one row per day and store with sales rows of any product, if the frame selects products",
  columns: { day: "INTEGER", store_id: "INTEGER" },
  madeBy: "stageTables",
  readBy: "open_period",
  droppedBy: null,
});

// ---- prepare

export const openPeriod = engineTable({
  name: "open_period",
  kind: "table",
  grain:
    "one row per store and period with days on which the store reported sales, even of 0, or counted visitors",
  columns: { store_id: "INTEGER", period: "INTEGER", days: "INTEGER" },
  madeBy: "seriesSql",
  readBy: "the rows of the frame",
  droppedBy: null,
});

export const series = engineTable({
  name: "series",
  kind: "table",
  grain: "one row per store and product that was sold, numbered in the order of the frame",
  columns: {
    n: "INTEGER",
    store_id: "INTEGER",
    product_id: "INTEGER",
    first_period: "INTEGER",
    // For each cutoff.
    last_sale_days: "INTEGER[]",
    unique_id: "VARCHAR",
    ...store.columns,
    ...product.columns,
    // The periods of its spine: from before the first one, as far back as lags of its own facts reach.
    spine_from: "INTEGER",
    spine_until: "INTEGER",
  },
  madeBy: "seriesSql",
  readBy: "the facts by series, block_series, the blocks and counts of computeFrame",
  droppedBy: null,
});

export const salesOfSeries = engineTable({
  name: "sales_of_series",
  kind: "table",
  grain: "one row per series and period with sales, in the order of blocks",
  // Units, or hundredths of the amount.
  columns: { n: "INTEGER", period: "INTEGER", y: "INTEGER or BIGINT" },
  madeBy: "seriesSql",
  readBy: "block_sales",
  droppedBy: null,
});

// ---- compute, for each block

export const blockSeries = engineTable({
  name: "block_series",
  kind: "table",
  grain: "the rows of series in the block; queries call it series",
  columns: series.columns,
  madeBy: "planFrame",
  readBy: "history, drivers that make tables for a block, the rows of the frame",
  droppedBy: null,
});

export const blockSales = engineTable({
  name: "block_sales",
  kind: "view",
  grain: "the rows of sales_of_series in the block",
  columns: salesOfSeries.columns,
  madeBy: "planFrame",
  readBy: "history",
  droppedBy: null,
});

export const history = engineTable({
  name: "history",
  kind: "table",
  grain:
    "one row per series of the block and period from its first sale: target, masks, features of earlier periods",
  columns: {
    n: "INTEGER",
    period: "INTEGER",
    first_period: "INTEGER",
    // Units, or hundredths of the amount.
    y: "BIGINT",
    is_imputed: "BOOLEAN",
    is_stockout: "BOOLEAN",
    // Unless a period is a day.
    stockout_share: "DOUBLE",
  },
  further: "features",
  madeBy: "historyOfBlock",
  readBy: "the rows of the frame, the joins of drivers",
  droppedBy: null,
});

export const blockRows = engineTable({
  name: "block_rows",
  kind: "table",
  grain:
    "one row per series of the block and period, in order, with all columns of the frames: if there are several cutoffs",
  columns: {},
  further: "columns of the frame",
  madeBy: "computeFrames, for each block",
  readBy: "frame_rows",
  droppedBy: null,
});

export const frameRows = engineTable({
  name: "frame_rows",
  kind: "table",
  grain:
    "the rows of a block in one of the frames, in order, with masks and keys that the frame may not show",
  columns: {},
  further: "columns of the frame",
  madeBy: "computeFrames, for each block, cutoff and frame",
  readBy: "the output, the counts of the manifest",
  droppedBy: null,
});

export const blockDemand = engineTable({
  name: "block_demand",
  kind: "table",
  grain: "one row per series of the block with training rows: what these say about its demand",
  columns: {
    n: "INTEGER",
    periods: "INTEGER",
    sales_periods: "INTEGER",
    observed_periods: "INTEGER",
    imputed: "INTEGER",
    stockouts: "INTEGER",
    // In units or hundredths: of all periods, then of those with a demand.
    total: "HUGEINT",
    demands: "INTEGER",
    demand: "HUGEINT",
    squares: "HUGEINT",
  },
  madeBy: "computeFrames, for each block and cutoff",
  readBy: "block_readiness",
  droppedBy: null,
});

export const blockReadiness = engineTable({
  name: "block_readiness",
  kind: "table",
  grain: "one row per series of the block: its figures, status and reasons",
  columns: {
    n: "INTEGER",
    unique_id: "VARCHAR",
    periods: "INTEGER",
    sales_periods: "INTEGER",
    observed_periods: "INTEGER",
    imputed: "INTEGER",
    stockouts: "INTEGER",
    demands: "INTEGER",
    total: "HUGEINT",
    last_sale_day: "INTEGER",
    priced: "INTEGER",
    adi: "DOUBLE",
    cv2: "DOUBLE",
    // Periods, or days.
    quiet: "INTEGER",
    quiet_limit: "DOUBLE",
    demand_class: "VARCHAR",
    // One bit for each.
    reasons: "INTEGER",
    status: "VARCHAR",
  },
  madeBy: "computeFrames, for each block and cutoff",
  readBy: "the readiness of the manifest, series_readiness",
  droppedBy: null,
});

export const seriesReadiness = engineTable({
  name: "series_readiness",
  kind: "table",
  grain: "the rows of block_readiness of all blocks",
  columns: blockReadiness.columns,
  madeBy: "frameReadiness",
  readBy: "frameReadiness",
  droppedBy: null,
});

// ---- publish

export const outputBlock = engineTable({
  name: "frame_output_block",
  kind: "table",
  grain: "the rows of a block, before they are split by partition",
  columns: {},
  further: "columns of the frame",
  madeBy: "partitionedFrame",
  readBy: "partitionedFrame",
  droppedBy: "partitionedFrame, after each block",
});

const frameTables = [
  ...[store, product, sales, reported],
  ...[openPeriod, series, salesOfSeries],
  ...[blockSeries, blockSales, history, blockRows, frameRows],
  ...[blockDemand, blockReadiness, seriesReadiness],
  outputBlock,
];

/** All tables and views of frames with these drivers. */
export function engineTablesOf(
  drivers: readonly { readonly engineTables: readonly EngineTable[] }[],
): EngineTable[] {
  return [...frameTables, ...drivers.flatMap(({ engineTables }) => engineTables)];
}
