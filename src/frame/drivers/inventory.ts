import { featuresOf, type Measure } from "../history/features.ts";
import type { Driver, FrameScope } from "./driver.ts";
import { historicColumn } from "./stores-history.ts";

const onHand: Measure = { name: "on_hand_qty", scale: 1, what: "units on hand at the end of the day" };
const onOrder: Measure = {
  name: "on_order_qty",
  scale: 1,
  what: "units ordered and not yet received",
  presentWith: "on_hand_qty",
};
const stockout: Measure = {
  name: "is_stockout",
  scale: 1,
  what: "1 where nothing was left at the end of the day",
  presentWith: "on_hand_qty",
};

/** What the frame keeps of a series' stock day by day; the stockout mask needs it even where the driver is not wanted. */
export const inventoryMeasures = [onHand, onOrder, stockout] as const;

/** Stock of the series itself: historic. Its features are made with those of the sales, on one spine. */
export function inventoryDriver({ spec }: FrameScope): Driver {
  return {
    name: "inventory",
    class: "historic",
    stages: [],
    prepare: [],
    block: [],
    join: "",
    columns: inventoryFeatures({ spec }).map((feature) => historicColumn(feature, "history")),
  };
}

export function inventoryFeatures({ spec }: Pick<FrameScope, "spec">) {
  return inventoryMeasures.flatMap((measure) => featuresOf(measure, spec.inventory));
}
