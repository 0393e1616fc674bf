-- One part of a Headroom run: what one process recorded. The parts of a run
-- are the files parts/*.sqlite of its folder, and are read as one.
--
-- PRAGMA user_version is the version of this schema, 1. Read the views:
-- journeys, requests, server_requests, samples, gaps, documents. The tables
-- behind them hold each repeated text once, in words, and name it by its id;
-- ids differ from part to part, so join parts by the words themselves.
--
-- Units: every time is in seconds since the run's start (run.json, "started",
-- UTC), every duration in seconds, sizes in bytes. NULL is "there is none"; a
-- value that was not a number is NULL, too. Rows lie as they were recorded: a
-- journey when it ended. Sort by time what you read.
--
-- A journey is timed from its scheduled time, a request from its own start:
-- response_time in the views is that, and the two are never to be mixed. Leave
-- out what failed (outcome other than ok) and look at its share beside:
--
--   SELECT process, count(*), avg(response_time) FROM journeys WHERE outcome = 'ok' GROUP BY process;
--
-- The client's requests and the server's lines of them share arrival and n:
--
--   SELECT r.step, avg(r.response_time), avg(s.sql), avg(s.other - s.sleep)
--   FROM requests r JOIN server_requests s USING (arrival, n) GROUP BY r.step;
--
-- A run of several parts: ATTACH the others and put UNION ALL between the views.
-- The part of a writer that was killed has a -wal file beside it: keep both
-- together; opening the part moves its rows in.

PRAGMA user_version = 1;

-- One row: who wrote this part.
CREATE TABLE part (
    writer TEXT NOT NULL -- the engine or the probes
);

-- Each text that repeats, once: names of sites, processes, steps, protocols,
-- outcomes, databases, probes, subjects and metrics. Ids are of this part.
CREATE TABLE words (
    id   INTEGER PRIMARY KEY,
    word TEXT NOT NULL
);

-- One process instance: all steps. start = scheduled + the three delays.
CREATE TABLE journey (
    arrival     INTEGER NOT NULL, -- the arrival in schedule.bin that it serves; of a closed one the shift is arrival & 0xffffffff, the number of the journey in it arrival >> 32
    site        INTEGER NOT NULL, -- word
    process     INTEGER NOT NULL, -- word
    kind        INTEGER NOT NULL, -- 0 open, 1 batched, 2 scheduled, 3 closed
    scheduled   REAL,             -- s; when the schedule wanted it to start
    start       REAL,             -- s
    "end"       REAL,             -- s
    timer_late  REAL,             -- s; the clock woke us late
    vu_wait     REAL,             -- s; no virtual user was free
    design_wait REAL,             -- s; a connection limit or a busy operator
    outcome     INTEGER NOT NULL, -- word: ok, business_error, fault, conflict, timeout, unreachable, aborted, nothing_to_do
    lines       INTEGER NOT NULL, -- lines of its document
    attempts    INTEGER NOT NULL, -- how often a gateway sent it; 0 and 1 are once
    error       TEXT              -- the server's message, shortened
);

-- One request as the client saw it.
CREATE TABLE request (
    arrival  INTEGER NOT NULL, -- of its journey
    n        INTEGER NOT NULL, -- number in its journey, from 1; its URL says hr=a<arrival>.<n>
    site     INTEGER NOT NULL, -- word
    process  INTEGER NOT NULL, -- word
    step     INTEGER NOT NULL, -- word
    protocol INTEGER NOT NULL, -- word: jsonrpc, json2, xmlrpc, http, sql
    start    REAL,             -- s
    "end"    REAL,             -- s
    outcome  INTEGER NOT NULL, -- word, as for a journey
    status   INTEGER NOT NULL, -- HTTP status; 0 when there was none
    bytes    INTEGER NOT NULL, -- of the answer's body
    error    TEXT              -- the server's message, shortened
);

-- One line of the server's request log. For a retried request queries, sql
-- and other are of all tries, and other includes sleep.
CREATE TABLE server_request (
    "end"    REAL,             -- s; when the line was written
    pid      INTEGER NOT NULL, -- the worker
    database INTEGER NOT NULL, -- word: the tenant; '' outside of one
    arrival  INTEGER NOT NULL, -- 0 when the request is not of this run
    n        INTEGER NOT NULL, -- 0 when the request is not of this run
    path     TEXT NOT NULL,    -- without query
    status   INTEGER NOT NULL, -- HTTP status
    queries  INTEGER NOT NULL, -- count
    sql      REAL,             -- s in SQL
    other    REAL,             -- s outside of SQL
    tries    INTEGER NOT NULL, -- 1 without a conflict
    sleep    REAL              -- s slept between tries
);

-- One value that a probe observed.
CREATE TABLE sample (
    t       REAL,             -- s
    probe   INTEGER NOT NULL, -- word
    subject INTEGER NOT NULL, -- word: a role, a station, a database
    metric  INTEGER NOT NULL, -- word; the unit is in its name, and none is a count
    value   REAL
);

-- A moment at which a probe could not observe, and why.
CREATE TABLE gap (
    t      REAL,             -- s
    probe  INTEGER NOT NULL, -- word
    reason TEXT NOT NULL
);

-- Work on a document of the ERP became possible (released) or is finished
-- (done). A document that was open before the run has only a done row.
CREATE TABLE document (
    t        REAL,             -- s
    site     INTEGER NOT NULL, -- word
    kind     INTEGER NOT NULL, -- word: delivery, receipt, …
    document INTEGER NOT NULL, -- the ERP's id; of a delivery the sale order's, of a receipt the purchase order's
    done     INTEGER NOT NULL, -- 0 released, 1 done
    due      REAL,             -- s; when a released document is to be done; 0: it has no due time
    arrival  INTEGER NOT NULL  -- the journey
);

CREATE VIEW journeys AS
SELECT j.arrival, s.word AS site, p.word AS process,
       CASE j.kind WHEN 0 THEN 'open' WHEN 1 THEN 'batched' WHEN 2 THEN 'scheduled' WHEN 3 THEN 'closed' END AS kind,
       j.scheduled, j.start, j."end", j."end" - j.scheduled AS response_time,
       j.timer_late, j.vu_wait, j.design_wait, o.word AS outcome, j.lines, j.attempts, j.error
FROM journey j
JOIN words s ON s.id = j.site
JOIN words p ON p.id = j.process
JOIN words o ON o.id = j.outcome;

CREATE VIEW requests AS
SELECT r.arrival, r.n, s.word AS site, p.word AS process, t.word AS step, c.word AS protocol,
       r.start, r."end", r."end" - r.start AS response_time, o.word AS outcome, r.status, r.bytes, r.error,
       j.scheduled -- of its journey; NULL when that was not recorded
FROM request r
JOIN words s ON s.id = r.site
JOIN words p ON p.id = r.process
JOIN words t ON t.id = r.step
JOIN words c ON c.id = r.protocol
JOIN words o ON o.id = r.outcome
LEFT JOIN journey j ON j.arrival = r.arrival;

CREATE VIEW server_requests AS
SELECT v."end", v.pid, d.word AS database, v.arrival, v.n, v.path, v.status, v.queries, v.sql, v.other, v.tries, v.sleep
FROM server_request v
JOIN words d ON d.id = v.database;

CREATE VIEW samples AS
SELECT a.t, p.word AS probe, s.word AS subject, m.word AS metric, a.value
FROM sample a
JOIN words p ON p.id = a.probe
JOIN words s ON s.id = a.subject
JOIN words m ON m.id = a.metric;

CREATE VIEW gaps AS
SELECT g.t, p.word AS probe, g.reason
FROM gap g
JOIN words p ON p.id = g.probe;

CREATE VIEW documents AS
SELECT d.t, s.word AS site, k.word AS kind, d.document,
       CASE d.done WHEN 0 THEN 'released' ELSE 'done' END AS event, nullif(d.due, 0) AS due, d.arrival
FROM document d
JOIN words s ON s.id = d.site
JOIN words k ON k.id = d.kind;
