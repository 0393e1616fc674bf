-- A store of Headroom runs in PostgreSQL: everything is in the schema headroom,
-- which Headroom makes when it first writes a run. headroom.version holds the
-- version of this schema, 1.
--
-- Read the views: runs, journeys, requests, server_requests, samples, gaps,
-- documents. Their column run is the run's id; the others are those of the views
-- in a part of a run's folder. The tables behind them hold each repeated text
-- once, in words, and name it by its id.
--
-- Units: every time is in seconds since the run's start (runs.started, UTC),
-- every duration in seconds, sizes in bytes. NULL is "there is none".

CREATE SCHEMA IF NOT EXISTS headroom;

-- One row: the version of this schema.
CREATE TABLE headroom.version (
    version integer NOT NULL
);
INSERT INTO headroom.version VALUES (1);

-- One row for each run.
CREATE TABLE headroom.run (
    run     integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    id      text NOT NULL UNIQUE,                -- the name after "store:"
    created timestamptz NOT NULL DEFAULT now(),
    info    json NOT NULL                        -- what run.json is in a run's folder
);

-- One row for each process that recorded, with what it has committed so far.
CREATE TABLE headroom.part (
    run     integer NOT NULL REFERENCES headroom.run,
    part    integer NOT NULL,
    name    text NOT NULL,
    rows    bigint NOT NULL DEFAULT 0,
    bytes   bigint NOT NULL DEFAULT 0,           -- of the rows, as they were sent
    written timestamptz NOT NULL DEFAULT now(),  -- when rows were last committed
    PRIMARY KEY (run, part),
    UNIQUE (run, name)
) WITH (fillfactor = 50); -- one row a writer, which it updates with each commit

-- The files of a run's folder that are needed to read it, in pieces: plan.yaml
-- and schedule.bin.
CREATE TABLE headroom.file (
    run   integer NOT NULL REFERENCES headroom.run,
    name  text NOT NULL,
    piece integer NOT NULL, -- from 0
    data  bytea NOT NULL,
    PRIMARY KEY (run, name, piece)
);

-- Each text that repeats, once for each part: names of sites, processes, steps,
-- protocols, outcomes, databases, probes, subjects and metrics.
CREATE TABLE headroom.words (
    run  integer NOT NULL,
    part integer NOT NULL,
    id   bigint NOT NULL,
    word text NOT NULL,
    PRIMARY KEY (run, part, id)
);

-- In the following, seq counts a part's rows of the table, from 1, in the order
-- in which they were recorded; what the other columns mean is said in the schema
-- of a part (docs/bundle.md).

CREATE TABLE headroom.journey (
    run         integer NOT NULL,
    part        integer NOT NULL,
    seq         bigint NOT NULL,
    arrival     bigint NOT NULL,
    site        bigint NOT NULL,
    process     bigint NOT NULL,
    kind        bigint NOT NULL,
    scheduled   double precision,
    start       double precision,
    "end"       double precision,
    timer_late  double precision,
    vu_wait     double precision,
    design_wait double precision,
    outcome     bigint NOT NULL,
    lines       bigint NOT NULL,
    attempts    bigint NOT NULL,
    error       text,
    PRIMARY KEY (run, part, seq)
);

CREATE TABLE headroom.request (
    run      integer NOT NULL,
    part     integer NOT NULL,
    seq      bigint NOT NULL,
    arrival  bigint NOT NULL,
    n        bigint NOT NULL,
    site     bigint NOT NULL,
    process  bigint NOT NULL,
    step     bigint NOT NULL,
    protocol bigint NOT NULL,
    start    double precision,
    "end"    double precision,
    outcome  bigint NOT NULL,
    status   bigint NOT NULL,
    bytes    bigint NOT NULL,
    error    text,
    PRIMARY KEY (run, part, seq)
);

CREATE TABLE headroom.server_request (
    run      integer NOT NULL,
    part     integer NOT NULL,
    seq      bigint NOT NULL,
    "end"    double precision,
    pid      bigint NOT NULL,
    database bigint NOT NULL,
    arrival  bigint NOT NULL,
    n        bigint NOT NULL,
    path     text NOT NULL,
    status   bigint NOT NULL,
    queries  bigint NOT NULL,
    sql      double precision,
    other    double precision,
    tries    bigint NOT NULL,
    sleep    double precision,
    PRIMARY KEY (run, part, seq)
);

CREATE TABLE headroom.sample (
    run     integer NOT NULL,
    part    integer NOT NULL,
    seq     bigint NOT NULL,
    t       double precision,
    probe   bigint NOT NULL,
    subject bigint NOT NULL,
    metric  bigint NOT NULL,
    value   double precision,
    PRIMARY KEY (run, part, seq)
);

CREATE TABLE headroom.gap (
    run    integer NOT NULL,
    part   integer NOT NULL,
    seq    bigint NOT NULL,
    t      double precision,
    probe  bigint NOT NULL,
    reason text NOT NULL,
    PRIMARY KEY (run, part, seq)
);

CREATE TABLE headroom.document (
    run      integer NOT NULL,
    part     integer NOT NULL,
    seq      bigint NOT NULL,
    t        double precision,
    site     bigint NOT NULL,
    kind     bigint NOT NULL,
    document bigint NOT NULL,
    done     bigint NOT NULL,
    due      double precision,
    arrival  bigint NOT NULL,
    PRIMARY KEY (run, part, seq)
);

CREATE VIEW headroom.runs AS
SELECT u.id AS run, u.created, (u.info ->> 'started')::timestamptz AS started,
       u.info -> 'plan' ->> 'name' AS plan, u.info -> 'topology' ->> 'name' AS topology,
       (u.info ->> 'complete')::boolean AS complete, u.info ->> 'reason' AS reason,
       (SELECT max(p.written) FROM headroom.part p WHERE p.run = u.run) AS written
FROM headroom.run u;

CREATE VIEW headroom.journeys AS
SELECT u.id AS run, j.arrival, s.word AS site, p.word AS process,
       CASE j.kind WHEN 0 THEN 'open' WHEN 1 THEN 'batched' WHEN 2 THEN 'scheduled' WHEN 3 THEN 'closed' END AS kind,
       j.scheduled, j.start, j."end", j."end" - j.scheduled AS response_time,
       j.timer_late, j.vu_wait, j.design_wait, o.word AS outcome, j.lines, j.attempts, j.error
FROM headroom.run u
JOIN headroom.journey j ON j.run = u.run
JOIN headroom.words s ON (s.run, s.part, s.id) = (j.run, j.part, j.site)
JOIN headroom.words p ON (p.run, p.part, p.id) = (j.run, j.part, j.process)
JOIN headroom.words o ON (o.run, o.part, o.id) = (j.run, j.part, j.outcome);

CREATE VIEW headroom.requests AS
SELECT u.id AS run, r.arrival, r.n, s.word AS site, p.word AS process, t.word AS step, c.word AS protocol,
       r.start, r."end", r."end" - r.start AS response_time, o.word AS outcome, r.status, r.bytes, r.error,
       j.scheduled -- of its journey; NULL when that was not recorded
FROM headroom.run u
JOIN headroom.request r ON r.run = u.run
JOIN headroom.words s ON (s.run, s.part, s.id) = (r.run, r.part, r.site)
JOIN headroom.words p ON (p.run, p.part, p.id) = (r.run, r.part, r.process)
JOIN headroom.words t ON (t.run, t.part, t.id) = (r.run, r.part, r.step)
JOIN headroom.words c ON (c.run, c.part, c.id) = (r.run, r.part, r.protocol)
JOIN headroom.words o ON (o.run, o.part, o.id) = (r.run, r.part, r.outcome)
LEFT JOIN (SELECT run, arrival, min(scheduled) AS scheduled FROM headroom.journey GROUP BY run, arrival) j
       ON j.run = r.run AND j.arrival = r.arrival;

CREATE VIEW headroom.server_requests AS
SELECT u.id AS run, v."end", v.pid, d.word AS database, v.arrival, v.n, v.path, v.status, v.queries, v.sql, v.other, v.tries, v.sleep
FROM headroom.run u
JOIN headroom.server_request v ON v.run = u.run
JOIN headroom.words d ON (d.run, d.part, d.id) = (v.run, v.part, v.database);

CREATE VIEW headroom.samples AS
SELECT u.id AS run, a.t, p.word AS probe, s.word AS subject, m.word AS metric, a.value
FROM headroom.run u
JOIN headroom.sample a ON a.run = u.run
JOIN headroom.words p ON (p.run, p.part, p.id) = (a.run, a.part, a.probe)
JOIN headroom.words s ON (s.run, s.part, s.id) = (a.run, a.part, a.subject)
JOIN headroom.words m ON (m.run, m.part, m.id) = (a.run, a.part, a.metric);

CREATE VIEW headroom.gaps AS
SELECT u.id AS run, g.t, p.word AS probe, g.reason
FROM headroom.run u
JOIN headroom.gap g ON g.run = u.run
JOIN headroom.words p ON (p.run, p.part, p.id) = (g.run, g.part, g.probe);

CREATE VIEW headroom.documents AS
SELECT u.id AS run, d.t, s.word AS site, k.word AS kind, d.document,
       CASE d.done WHEN 0 THEN 'released' ELSE 'done' END AS event, nullif(d.due, 0) AS due, d.arrival
FROM headroom.run u
JOIN headroom.document d ON d.run = u.run
JOIN headroom.words s ON (s.run, s.part, s.id) = (d.run, d.part, d.site)
JOIN headroom.words k ON (k.run, k.part, k.id) = (d.run, d.part, d.kind);
