import type { Command } from "commander";
import type { Action, RegisterCommand } from "../command.ts";
import { registerBacktest } from "./backtest.ts";
import { registerCalendar } from "./calendar.ts";
import { registerCheck } from "./check.ts";
import { registerCompletion } from "./completion.ts";
import { registerCurrent } from "./current.ts";
import { registerDb } from "./db.ts";
import { registerDemo } from "./demo.ts";
import { registerDowngrade } from "./downgrade.ts";
import { registerFrame } from "./frame.ts";
import { registerHeads } from "./heads.ts";
import { registerHelp } from "./help.ts";
import { registerHistory } from "./history.ts";
import { registerLoad } from "./load.ts";
import { registerLoads } from "./loads.ts";
import { registerQuery } from "./query.ts";
import { registerRevision } from "./revision.ts";
import { registerRollup } from "./rollup.ts";
import { registerShow } from "./show.ts";
import { registerStamp } from "./stamp.ts";
import { registerStatus } from "./status.ts";
import { registerTables } from "./tables.ts";
import { registerUnload } from "./unload.ts";
import { registerUpgrade } from "./upgrade.ts";

/** Every command, in the order `--help` shows them. */
const commands: RegisterCommand[] = [
  registerDb,
  registerUpgrade,
  registerDowngrade,
  registerStatus,
  registerCurrent,
  registerHistory,
  registerHeads,
  registerShow,
  registerCheck,
  registerStamp,
  registerRevision,
  registerCalendar,
  registerLoad,
  registerLoads,
  registerUnload,
  registerTables,
  registerQuery,
  registerRollup,
  registerFrame,
  registerBacktest,
  registerDemo,
  registerCompletion,
  registerHelp,
];

export function registerCommands(program: Command, action: Action): void {
  for (const register of commands) register(program, action);
}
