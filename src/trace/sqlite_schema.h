// SPDX-License-Identifier: Apache-2.0
// The tables, views and indices of a trace in SQLite (docs/formats/sqlite.md says what each column means).
#pragma once

namespace blendsim {

// Names rather than numbers where a person asks: phase, unit, cause, port. Times are cycles of the phase; [from_cycle,
// to_cycle) leaves out its end, while `end` and `last_beat` are an instruction's and a burst's last cycle.
inline constexpr char sqlite_tables[] = R"sql(
CREATE TABLE run(key TEXT PRIMARY KEY, value) WITHOUT ROWID;
CREATE TABLE unit(unit TEXT PRIMARY KEY, number INTEGER) WITHOUT ROWID;
CREATE TABLE layer(layer INTEGER PRIMARY KEY, name TEXT, op TEXT, unit TEXT, macs INTEGER, binary INTEGER);
CREATE TABLE buffer(buffer TEXT PRIMARY KEY, regions INTEGER, width INTEGER, depth INTEGER, latency INTEGER,
                    capacity_bits INTEGER, peak_bits INTEGER) WITHOUT ROWID;
CREATE TABLE program(phase TEXT, instruction INTEGER, unit TEXT, layer INTEGER, text TEXT,
                     PRIMARY KEY(phase, instruction)) WITHOUT ROWID;
CREATE TABLE image(phase TEXT, image INTEGER, doorbell INTEGER, completion INTEGER);
CREATE TABLE dispatch(phase TEXT, record INTEGER, available INTEGER, read INTEGER, entered INTEGER, held INTEGER,
                      held_by INTEGER);
CREATE TABLE instruction(phase TEXT, record INTEGER, instruction INTEGER, image INTEGER, layer INTEGER, unit TEXT,
                         visible INTEGER, start INTEGER, front_free INTEGER, "end" INTEGER, release TEXT,
                         released_by INTEGER);
CREATE TABLE interval(phase TEXT, unit TEXT, cause TEXT, record INTEGER, waited_for INTEGER, from_cycle INTEGER,
                      to_cycle INTEGER);
CREATE TABLE token(phase TEXT, kind TEXT, producer TEXT, consumer TEXT, posted_by INTEGER, taken_by INTEGER,
                   posted INTEGER, visible INTEGER, taken INTEGER);
CREATE TABLE burst(phase TEXT, record INTEGER, port TEXT, write INTEGER, address INTEGER, bytes INTEGER,
                   request INTEGER, "grant" INTEGER, first_beat INTEGER, last_beat INTEGER, channel INTEGER,
                   bank INTEGER, row_hit INTEGER, refreshes INTEGER);
CREATE TABLE power(part TEXT, from_cycle INTEGER, to_cycle INTEGER, fj INTEGER);
)sql";

// critical_path walks back from each image's last instruction, as src/result/critical_path.cpp does: a row is a stretch
// [from_cycle, to_cycle) that belongs to an instruction's unit, or to dispatch where a full queue or the doorbell held
// the instruction. END retires two cycles after the last end. An image of which the trace lacks an instruction has no
// path: what released the others would be guessed.
inline constexpr char sqlite_views[] = R"sql(
CREATE VIEW wait AS
  SELECT *, to_cycle - from_cycle AS cycles FROM interval WHERE cause NOT IN ('busy', 'idle');
CREATE VIEW stall_by_cause AS
  SELECT phase, unit, cause, count(*) AS stretches, sum(to_cycle - from_cycle) AS cycles,
         max(to_cycle - from_cycle) AS longest
  FROM interval GROUP BY phase, unit, cause;
CREATE VIEW layer_time AS
  SELECT i.phase, i.image, i.layer, l.name, count(*) AS instructions, min(i.start) AS first_start,
         max(i."end") AS last_end, sum((i.front_free - i.start) * (i.unit = l.unit)) AS busy_cycles
  FROM instruction i
  LEFT JOIN layer l USING (layer)
  GROUP BY i.phase, i.image, i.layer;
CREATE VIEW power_over_time AS
  SELECT part, from_cycle, to_cycle,
         fj * 1e-15 * (SELECT value FROM run WHERE key = 'clock_hz') / (to_cycle - from_cycle) AS watt
  FROM power;
CREATE VIEW whole_image AS
  SELECT m.phase, m.image, m.doorbell, m.completion FROM image m
  WHERE (SELECT count(*) FROM instruction i WHERE i.phase = m.phase AND i.image = m.image) =
        (SELECT count(*) FROM program p WHERE p.phase = m.phase);
CREATE VIEW critical_path AS
  WITH RECURSIVE
  last(image, begins, completion, record, "end") AS (
    SELECT m.image, coalesce((SELECT completion FROM image b WHERE b.phase = 'main' AND b.image = m.image - 1), 0),
           m.completion, i.record, i."end"
    FROM whole_image m JOIN instruction i ON i.phase = 'main' AND i.record = (
      SELECT record FROM instruction j WHERE j.phase = 'main' AND j.image = m.image ORDER BY "end" DESC, record LIMIT 1)
    WHERE m.phase = 'main'),
  walk(image, step, record, until, begins) AS (
    SELECT image, 0, record, min(completion, "end" + 2), begins FROM last
    UNION ALL
    SELECT w.image, w.step + 1, i.released_by,
           CASE i.release WHEN 'dispatch' THEN h.start ELSE i.start END, w.begins
    FROM walk w
    JOIN instruction i ON i.phase = 'main' AND i.record = w.record
    JOIN instruction h ON h.phase = 'main' AND h.record = i.released_by)
  SELECT image, -1 AS step, record, layer, 'dispatch' AS owner, "end" + 2 AS from_cycle, completion AS to_cycle
  FROM last JOIN instruction USING (record, image, "end") WHERE phase = 'main' AND completion > "end" + 2
  UNION ALL
  SELECT w.image, w.step, w.record, i.layer, i.unit, i.start, w.until
  FROM walk w JOIN instruction i ON i.phase = 'main' AND i.record = w.record WHERE w.until > i.start
  UNION ALL
  SELECT w.image, w.step, w.record, i.layer, 'dispatch', coalesce(h.start, w.begins), i.start
  FROM walk w JOIN instruction i ON i.phase = 'main' AND i.record = w.record
  LEFT JOIN instruction h ON h.phase = 'main' AND h.record = i.released_by
  WHERE (i.release = 'dispatch' OR i.released_by IS NULL) AND i.start > coalesce(h.start, w.begins)
  ORDER BY 1, 2, 6 DESC;
)sql";

inline constexpr char sqlite_indices[] = R"sql(
CREATE INDEX instruction_record ON instruction(phase, record);
CREATE INDEX instruction_image ON instruction(phase, image, "end");
CREATE INDEX interval_record ON interval(phase, record);
CREATE INDEX token_taken ON token(phase, taken_by);
CREATE INDEX burst_record ON burst(phase, record);
)sql";

}  // namespace blendsim
