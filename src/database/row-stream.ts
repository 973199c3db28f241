import type { Submittable } from "pg";
import type { Client } from "./connection.ts";

/** A column of a statement's result, as the server describes it. */
export interface ResultField {
  readonly name: string;
  /** Object id of its type in `pg_type`. */
  readonly typeId: number;
  /** What restricts the type, such as precision and scale; -1 if nothing does. */
  readonly typeModifier: number;
}

/** The values of a row as the server writes them. */
export type TextRow = readonly (string | null)[];

/** What a statement is before it runs. */
export interface StatementDescription {
  /** How many parameters it has: `$1` to `$n`. */
  readonly parameters: number;
  /** Undefined if it returns no rows: then it is not a query. */
  readonly fields: readonly ResultField[] | undefined;
}

/** One statement that is checked and described by the server, but has not run yet. */
export interface DescribedStatement extends StatementDescription {
  /**
   * Runs it. Rows arrive in batches; while nobody takes them, the socket is paused and the server waits, so that only a few
   * hundred kilobytes are in memory.
   *
   * @param limit the server stops after so many rows; default: all
   */
  run(values: readonly (string | null)[], limit?: number): AsyncGenerator<readonly TextRow[], void>;
  /** Ends it without running it. */
  close(): Promise<void>;
}

/**
 * Gives one statement to the server, exactly as it is written, by the extended protocol: the server refuses a text with more
 * than one. Nothing else may run on the connection until its rows are taken or it is closed.
 *
 * @throws the server's error, with the position in the text
 */
export async function describeStatement(client: Client, text: string): Promise<DescribedStatement> {
  const state: State = { batch: [], bytes: 0, error: undefined, done: false, running: false };
  let wake = () => {};
  const changed = () =>
    new Promise<void>((resolve) => {
      wake = resolve;
    });
  let wire: Wire | undefined;
  let parameters = 0;
  let fields: readonly ResultField[] | undefined;
  let described = false;
  const onParameters = ({ parameterCount }: { parameterCount: number }) => {
    parameters = parameterCount;
  };
  const onNoData = () => {
    described = true;
    wake();
  };
  const stopListening = () => {
    wire?.off("parameterDescription", onParameters);
    wire?.off("noData", onNoData);
  };
  const submittable: Submittable & Handlers = {
    submit: (connection) => {
      wire = connection as unknown as Wire;
      wire.on("parameterDescription", onParameters);
      wire.on("noData", onNoData);
      wire.parse({ name: "", text, types: [] });
      wire.describe({ type: "S", name: "" });
      wire.flush();
    },
    handleRowDescription: (message) => {
      fields = message.fields.map(({ name, dataTypeID, dataTypeModifier }) => ({
        name,
        typeId: dataTypeID,
        typeModifier: dataTypeModifier,
      }));
      described = true;
      wake();
    },
    handleDataRow: (message) => {
      state.batch.push(message.fields);
      state.bytes += message.length;
      if (state.bytes >= batchBytes) wire?.stream.pause();
      wake();
    },
    handleError: (error) => {
      stopListening();
      state.error ??= error;
      // The server ignores everything up to a Sync after an error; the one of `run` was sent with it.
      if (!state.running) wire?.sync();
      state.done = true;
      wake();
    },
    handleReadyForQuery: () => {
      stopListening();
      state.done = true;
      wake();
    },
    handleParseComplete: () => {},
    handleCommandComplete: () => {},
    handlePortalSuspended: () => {},
    handleEmptyQuery: () => {},
  };
  const first = changed();
  client.query(submittable);
  await first;
  if (state.error !== undefined) throw state.error;
  if (!described) throw new Error("Connection terminated before the statement was described");

  const run = async function* (values: readonly (string | null)[], limit = 0) {
    state.running = true;
    wire?.bind({ portal: "", statement: "", values: [...values] });
    wire?.execute({ portal: "", rows: limit });
    wire?.sync();
    for (;;) {
      if (state.batch.length === 0 && !state.done) {
        await changed();
        continue;
      }
      const { batch } = state;
      state.batch = [];
      state.bytes = 0;
      wire?.stream.resume();
      if (batch.length > 0) yield batch;
      else if (state.error !== undefined) throw state.error;
      else return;
    }
  };
  const close = async () => {
    if (state.running || state.done) return;
    const ready = changed();
    wire?.sync();
    await ready;
  };
  return { parameters, fields, run, close };
}

interface State {
  batch: TextRow[];
  bytes: number;
  error: Error | undefined;
  /** The server is ready for another statement, or has failed. */
  done: boolean;
  running: boolean;
}

/** From so many bytes on, the socket is paused until the batch is taken. */
const batchBytes = 128 * 1024;

/** What the driver calls when a message arrives; its types know only `submit`. */
interface Handlers {
  handleRowDescription(message: {
    fields: { name: string; dataTypeID: number; dataTypeModifier: number }[];
  }): void;
  handleDataRow(message: { fields: (string | null)[]; length: number }): void;
  handleError(error: Error): void;
  handleReadyForQuery(): void;
  handleParseComplete(): void;
  handleCommandComplete(): void;
  handlePortalSuspended(): void;
  handleEmptyQuery(): void;
}

/** The driver's connection, whose types ask for an argument that it does not have. */
interface Wire {
  readonly stream: { pause(): void; resume(): void };
  on(event: string, listener: (message: never) => void): void;
  off(event: string, listener: (message: never) => void): void;
  parse(message: { name: string; text: string; types: number[] }): void;
  describe(message: { type: "S"; name: string }): void;
  bind(message: { portal: string; statement: string; values: (string | null)[] }): void;
  execute(message: { portal: string; rows: number }): void;
  flush(): void;
  sync(): void;
}
