/** Transactions to days: `sales_txn` to `sales_daily`. */
export {
  type NetNegativeDay,
  type NetNegativePolicy,
  netNegativePolicies,
  type RollUpOptions,
  type Rollup,
  rollUp,
} from "./rollup.ts";
