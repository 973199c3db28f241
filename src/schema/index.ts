/** The tables of the warehouse and their relations: the schema for `drizzle(client, { schema })`. */
export * from "./dimensions.ts";
export * from "./facts.ts";
export * from "./ledger.ts";
export * from "./observations.ts";
export * from "./relations.ts";
