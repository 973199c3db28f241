import type { DriverName } from "../specification/index.ts";
import { productDriver, storeDriver } from "./attributes.ts";
import { calendarDriver } from "./calendar.ts";
import type { Driver, FrameScope } from "./driver.ts";
import { inventoryDriver } from "./inventory.ts";
import { priceDriver } from "./price.ts";
import { promotionDriver } from "./promotion.ts";
import { trafficDriver, weatherDriver } from "./stores-history.ts";

/** The drivers a spec can name. */
export const drivers: Readonly<Record<DriverName, (scope: FrameScope) => Driver>> = {
  store: () => storeDriver,
  product: () => productDriver,
  calendar: calendarDriver,
  price: priceDriver,
  promotion: promotionDriver,
  inventory: inventoryDriver,
  traffic: trafficDriver,
  weather: weatherDriver,
};
