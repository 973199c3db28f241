/** What the warehouse is made of. As a whole it is the schema to give to `drizzle(client, { schema })`. */
export * from "./dimensions.ts";
export * from "./facts.ts";
export * from "./ledger.ts";
export * from "./observations.ts";
export * from "./relations.ts";
