import { type PhaseClock, type Progress, phaseClock } from "../system/phase-clock.ts";

/** The phases of a load, in their order. */
export const loadPhases = ["read", "check", "compare", "build", "publish"] as const;
export type LoadPhase = (typeof loadPhases)[number];

/** How far a load has come, in rows. */
export type LoadProgress = Progress<LoadPhase>;
export type LoadClock = PhaseClock<LoadPhase>;

export const loadClock = (onProgress?: ((progress: LoadProgress) => void) | undefined): LoadClock =>
  phaseClock(loadPhases, onProgress);
