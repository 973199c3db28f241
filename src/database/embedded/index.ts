/** The embedded PostgreSQL: a private server in one folder, started when it is needed. */
export {
  type EmbeddedOptions,
  type OpenServer,
  openEmbedded,
  type StopOutcome,
  startEmbedded,
  stopEmbedded,
  withEmbeddedServer,
} from "./server.ts";
export { type EmbeddedSettings, type EmbeddedStatus, embeddedStatus, embeddedUrl } from "./status.ts";
