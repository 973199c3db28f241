import { relations } from "drizzle-orm";
import { calendar, product, store } from "./dimensions.ts";
import { inventorySnapshotDaily, priceHistory, promotion, salesDaily } from "./facts.ts";
import { salesTxn, trafficDaily, weatherDaily } from "./observations.ts";

/* Relations in both directions, for drizzle's relational queries: `db.query.store.findMany({ with: { sales: true } })`. */

export const storeRelations = relations(store, ({ many }) => ({
  sales: many(salesDaily),
  priceHistory: many(priceHistory),
  promotions: many(promotion),
  inventorySnapshots: many(inventorySnapshotDaily),
  transactions: many(salesTxn),
  weather: many(weatherDaily),
  traffic: many(trafficDaily),
}));

export const productRelations = relations(product, ({ many }) => ({
  sales: many(salesDaily),
  priceHistory: many(priceHistory),
  promotions: many(promotion),
  inventorySnapshots: many(inventorySnapshotDaily),
  transactions: many(salesTxn),
}));

export const calendarRelations = relations(calendar, ({ many }) => ({
  sales: many(salesDaily),
  inventorySnapshots: many(inventorySnapshotDaily),
  transactions: many(salesTxn),
  weather: many(weatherDaily),
  traffic: many(trafficDaily),
}));

export const salesDailyRelations = relations(salesDaily, ({ one }) => ({
  calendar: one(calendar, { fields: [salesDaily.date], references: [calendar.date] }),
  store: one(store, { fields: [salesDaily.storeId], references: [store.id] }),
  product: one(product, { fields: [salesDaily.productId], references: [product.id] }),
}));

export const priceHistoryRelations = relations(priceHistory, ({ one }) => ({
  product: one(product, { fields: [priceHistory.productId], references: [product.id] }),
  store: one(store, { fields: [priceHistory.storeId], references: [store.id] }),
}));

export const promotionRelations = relations(promotion, ({ one }) => ({
  product: one(product, { fields: [promotion.productId], references: [product.id] }),
  store: one(store, { fields: [promotion.storeId], references: [store.id] }),
}));

export const inventorySnapshotDailyRelations = relations(inventorySnapshotDaily, ({ one }) => ({
  calendar: one(calendar, { fields: [inventorySnapshotDaily.date], references: [calendar.date] }),
  store: one(store, { fields: [inventorySnapshotDaily.storeId], references: [store.id] }),
  product: one(product, { fields: [inventorySnapshotDaily.productId], references: [product.id] }),
}));

export const salesTxnRelations = relations(salesTxn, ({ one }) => ({
  calendar: one(calendar, { fields: [salesTxn.date], references: [calendar.date] }),
  store: one(store, { fields: [salesTxn.storeId], references: [store.id] }),
  product: one(product, { fields: [salesTxn.productId], references: [product.id] }),
}));

export const weatherDailyRelations = relations(weatherDaily, ({ one }) => ({
  calendar: one(calendar, { fields: [weatherDaily.date], references: [calendar.date] }),
  store: one(store, { fields: [weatherDaily.storeId], references: [store.id] }),
}));

export const trafficDailyRelations = relations(trafficDaily, ({ one }) => ({
  calendar: one(calendar, { fields: [trafficDaily.date], references: [calendar.date] }),
  store: one(store, { fields: [trafficDaily.storeId], references: [store.id] }),
}));
