import type { Client } from "../../database/connection.ts";
import type { AcceptedRows } from "./accepted-rows.ts";
import { compareMonth } from "./compare-month.ts";
import { type MonthPlan, methodOf } from "./month-plan.ts";
import { monthStates, type StagedMonth } from "./month-states.ts";
import { type PublishOptions, rowTally, step } from "./publish-options.ts";
import { onTwoConnections } from "./two-connections.ts";

/** Compares every month with what is stored, and decides what is to be done with it. */
export async function planMonths(
  client: Client,
  rows: AcceptedRows,
  staged: readonly StagedMonth[],
  options: PublishOptions,
  replaceable: boolean,
): Promise<MonthPlan[]> {
  const { choose = methodOf } = options;
  options.onPhase?.("compare");
  await step(options, "compare");
  const states = await monthStates(client, rows.contract, staged);
  const done = rowTally(states, options);
  return onTwoConnections(client, options.database, rows.engine.signal, states, async (connection, state) => {
    const changes = await compareMonth(connection, rows, state);
    done(state.staged);
    return { ...state, ...changes, method: choose(state, changes, replaceable) };
  });
}
