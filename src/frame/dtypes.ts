import type { ColumnType } from "./columns.ts";

/** How readers name the type of a column in memory. It is the same in the training and the future frame. */
export interface Dtypes {
  /** In pandas 2. pandas 3 reads text as `str`. It is also valid as `dtype` of `read_csv`, except for `ds`. */
  readonly pandas: string;
  readonly arrow: string;
  readonly polars: string;
}

/** The dtypes of each type of column. */
export const dtypes: Readonly<Record<ColumnType, Dtypes>> = {
  VARCHAR: { pandas: "object", arrow: "string", polars: "String" },
  TIMESTAMP: {
    pandas: "datetime64[us]",
    arrow: "timestamp[us]",
    polars: "Datetime(time_unit='us', time_zone=None)",
  },
  DOUBLE: { pandas: "float64", arrow: "double", polars: "Float64" },
  INTEGER: { pandas: "int32", arrow: "int32", polars: "Int32" },
  BOOLEAN: { pandas: "bool", arrow: "bool", polars: "Boolean" },
};
