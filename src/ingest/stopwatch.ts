export type { LoadClock as Stopwatch } from "./phases.ts";
