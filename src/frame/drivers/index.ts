import type { DriverName } from "../specification/index.ts";
import { calendar } from "./calendar.ts";
import type { Driver } from "./driver.ts";
import { inventory } from "./inventory.ts";
import { observedPrice } from "./observed-price.ts";
import { price } from "./price.ts";
import { product } from "./product.ts";
import { promotion } from "./promotion.ts";
import { store } from "./store.ts";
import { traffic } from "./traffic.ts";
import { weather } from "./weather.ts";

/** The drivers that a spec can name, in the order in which manifests list their tables. */
export const drivers: Readonly<Record<DriverName, Driver>> = {
  store,
  product,
  calendar,
  inventory,
  price,
  promotion,
  traffic,
  weather,
  observed_price: observedPrice,
};

export const allDrivers: readonly Driver[] = Object.values(drivers);
