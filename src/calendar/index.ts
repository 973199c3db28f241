/** The days of the warehouse: a complete spine with public holidays. */
export { type CalendarFill, type CalendarRange, fillCalendar } from "./fill.ts";
export { type Holiday, joinNames, publicHolidays, type Region } from "./holidays.ts";
export { type CalendarRemoval, type CalendarRemovalRequest, removeDays } from "./remove.ts";
