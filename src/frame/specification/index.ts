export { specHash } from "./hash.ts";
export { parseSpec, readSpec, type SpecInput, specInvalid } from "./read.ts";
export { resolveSpec } from "./resolve.ts";
export {
  type DefaultedOption,
  type DriverName,
  defaultedOptions,
  driverNames,
  type FrameSpec,
  type Historic,
  productAttributes,
  type Stat,
  statNames,
  storeAttributes,
  type WeekdayWindow,
  type Window,
} from "./types.ts";
